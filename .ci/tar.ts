/**
 * Archives in the format of `tar` (POSIX ustar), which are the same for the same files.
 *
 * @module
 */

/** A file of an archive. */
export interface ArchivedFile {
  /** Up to 100 bytes of ASCII. */
  readonly path: string;
  readonly isExecutable: boolean;
  readonly content: Uint8Array<ArrayBuffer>;
}

const BLOCK = 512;

/** Makes an archive of files that belong to root. `time` is in seconds since 1970. */
export function tar(files: readonly ArchivedFile[], time: number): Blob {
  const parts = files.flatMap((file) => {
    const padding = (BLOCK - file.content.length % BLOCK) % BLOCK;
    return [headerOf(file, time), file.content, new Uint8Array(padding)];
  });
  return new Blob([...parts, new Uint8Array(2 * BLOCK)]);
}

function headerOf(file: ArchivedFile, time: number): Uint8Array<ArrayBuffer> {
  const { path, isExecutable, content } = file;
  if (!/^[\x20-\x7e]{1,100}$/.test(path)) throw new RangeError(`Cannot archive "${path}"`);
  const header = new Uint8Array(BLOCK);
  const write = (offset: number, text: string) =>
    new TextEncoder().encodeInto(text, header.subarray(offset));
  const octal = (number: number, digits: number) => number.toString(8).padStart(digits, "0");
  write(0, path);
  write(100, octal(isExecutable ? 0o755 : 0o644, 7));
  write(108, octal(0, 7));
  write(116, octal(0, 7));
  write(124, octal(content.length, 11));
  write(136, octal(time, 11));
  // The checksum counts itself as spaces.
  write(148, " ".repeat(8));
  write(156, "0");
  write(257, "ustar\x0000");
  write(265, "root");
  write(297, "root");
  const sum = header.reduce((sum, byte) => sum + byte, 0);
  write(148, `${octal(sum, 6)}\0 `);
  return header;
}
