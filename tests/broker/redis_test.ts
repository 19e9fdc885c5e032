import { RedisBroker } from "../../chat/broker/redis.ts";
import { testBroker } from "./contract.ts";
import { findRedisNeed } from "../support/redis_server.ts";
import { OPTIONS, startRedis } from "./redis_store.ts";
