/**
 * Contract of brokers: what every one promises.
 *
 * @module
 */

import type { Broker } from "../../chat/broker/broker.ts";
import { testClaims } from "./contract_claims.ts";
import { testChanges } from "./contract_changes.ts";
import { testDocuments } from "./contract_documents.ts";
import { testLimits } from "./contract_limits.ts";
import { testOrder } from "./contract_order.ts";
import { testReads } from "./contract_reads.ts";
import { Ear } from "./ear.ts";

/** A broker that is being tested. `dispose` also lets go of what it stands on. */
export interface Tested {
  readonly broker: Broker;
  /** Messages that the broker keeps of a room, if that is bounded. */
  readonly roomSize?: number;
  /** Bytes of receipts that it keeps, if they are bounded by address. */
  readonly receiptBytes?: number;
  /** Ends the broker and returns the next one of the same store; none: nothing is kept then. */
  readonly restart?: () => Promise<Broker>;
  /** Makes another broker of the same store, as another instance has it. */
  readonly another?: () => Promise<Broker>;
  dispose(): Promise<void> | void;
}

/** Bounds for the brokers of this suite that have them. */
export const ROOM_SIZE = 1000;
export const RECEIPT_BYTES = 100_000;

/** Declares a test that is run with a broker of its own, to which an ear is subscribed. */
export type Test = (
  behaviour: string,
  run: (broker: Broker, ear: Ear, tested: Tested) => Promise<void>,
) => void;

/** Tests a broker against the contract. */
export function testBroker(name: string, make: () => Promise<Tested> | Tested): void {
  const test: Test = (behaviour, run) =>
    Deno.test(`${name}.${behaviour}`, async () => {
      const tested = await make();
      const ear = new Ear();
      tested.broker.subscribe(ear);
      try {
        await run(tested.broker, ear, tested);
      } finally {
        await tested.dispose();
      }
    });
  testOrder(test);
  testChanges(test);
  testDocuments(test);
  testReads(test);
  testLimits(test);
  testClaims(test);
}
