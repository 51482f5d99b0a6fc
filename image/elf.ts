import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { walk } from './walk.ts';

/** The shared libraries (DT_NEEDED) and the loader (PT_INTERP) a 64-bit ELF file asks for; undefined when it is no such file. */
export async function neededBy(path: string): Promise<{ needed: string[]; loader: string | undefined } | undefined> {
  const file = await open(path);
  try {
    const read = async (offset: number, length: number) => {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await file.read(buffer, 0, length, offset);
      return buffer.subarray(0, bytesRead);
    };
    const head = await read(0, 64);
    if (
      head.length < 64 ||
      head.readUInt32BE(0) !== 0x7f454c46 ||
      head[4] !== 2 ||
      ![2, 3].includes(head.readUInt16LE(16))
    )
      return undefined;
    const size = head.readUInt16LE(54);
    const table = await read(Number(head.readBigUInt64LE(32)), size * head.readUInt16LE(56));
    const segments = Array.from({ length: table.length / size }, (_, at) => segmentOf(table.subarray(at * size)));
    const interpreter = segments.find(({ type }) => type === 3);
    const dynamic = segments.find(({ type }) => type === 2);
    const loader = interpreter && text(await read(interpreter.offset, interpreter.size), 0);
    if (dynamic === undefined) return { needed: [], loader };
    const entries = await read(dynamic.offset, dynamic.size);
    const tags: [number, number][] = [];
    for (let at = 0; at + 16 <= entries.length; at += 16) {
      tags.push([Number(entries.readBigInt64LE(at)), Number(entries.readBigUInt64LE(at + 8))]);
    }
    const strings = tags.find(([tag]) => tag === 5)?.[1] ?? 0;
    const length = tags.find(([tag]) => tag === 10)?.[1] ?? 0;
    const home = segments.find(
      ({ type, address, size: bytes }) => type === 1 && address <= strings && strings < address + bytes,
    );
    const names = await read(strings - (home?.address ?? 0) + (home?.offset ?? 0), length);
    return { needed: tags.filter(([tag]) => tag === 1).map(([, at]) => text(names, at)), loader };
  } finally {
    await file.close();
  }
}

/** Each shared library or loader that a program or library in the tree asks for and that the tree does not hold, with who asks. */
export async function missingLibraries(root: string): Promise<{ library: string; askedBy: string }[]> {
  const names = await walk(root);
  const present = new Set(
    names.filter((name) => /\.so(\.|$)|\/ld-/.test(name)).map((name) => name.split('/').at(-1) as string),
  );
  const missing: { library: string; askedBy: string }[] = [];
  for (const name of names.filter((one) => /(^|\/)(s?bin|lib\w*)\//.test(one) && !one.includes('/modules/'))) {
    const path = join(root, name);
    if (!(await lstat(path)).isFile()) continue;
    const asked = await neededBy(path);
    const wants = [...(asked?.needed ?? []), ...(asked?.loader ? [asked.loader.split('/').at(-1) as string] : [])];
    for (const library of wants) if (!present.has(library)) missing.push({ library, askedBy: `/${name}` });
  }
  return missing;
}

function segmentOf(entry: Buffer) {
  return {
    type: entry.readUInt32LE(0),
    offset: Number(entry.readBigUInt64LE(8)),
    address: Number(entry.readBigUInt64LE(16)),
    size: Number(entry.readBigUInt64LE(32)),
  };
}

function text(buffer: Buffer, at: number): string {
  return buffer.toString('latin1', at, buffer.indexOf(0, at));
}
