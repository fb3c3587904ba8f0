// A ZIP file of pictures, stored as they are (they do not compress). Up to 4 GB and 65,535 files.

const TABLE = Uint32Array.from({length: 256}, (_, n) => {
  let rest = n;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
  return rest;
});
const UTF8 = 0x0800;

/** files: [{name, data: Uint8Array}]. */
export function zip(files, at = new Date()) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const {name, data} of files) {
    const label = new TextEncoder().encode(name);
    const facts = [20, UTF8, 0, time(at), date(at)];
    const sums = [crc(data), data.length, data.length];
    const local = record(0x04034b50, facts, sums, [label.length, 0]);
    parts.push(local, label, data);
    directory.push(record(0x02014b50, [20, ...facts], sums, [label.length, 0, 0, 0, 0], [0, offset]), label);
    offset += local.length + label.length + data.length;
  }
  const size = directory.reduce((sum, each) => sum + each.length, 0);
  const end = record(0x06054b50, [0, 0, files.length, files.length], [size, offset], [0]);
  return new Blob([...parts, ...directory, end], {type: "application/zip"});
}

/** A signature of 4 bytes, then groups: numbers of 2 bytes (1st, 3rd), of 4 bytes (2nd, 4th). */
function record(signature, ...groups) {
  const sizes = groups.flatMap((group, index) => group.map((value) => [value, index % 2 ? 4 : 2]));
  const view = new DataView(new ArrayBuffer(4 + sizes.reduce((sum, [, size]) => sum + size, 0)));
  view.setUint32(0, signature, true);
  let at = 4;
  for (const [value, size] of sizes) {
    if (size === 4) view.setUint32(at, value, true);
    else view.setUint16(at, value, true);
    at += size;
  }
  return new Uint8Array(view.buffer);
}

function crc(data) {
  let rest = 0xffffffff;
  for (const each of data) rest = TABLE[(rest ^ each) & 0xff] ^ (rest >>> 8);
  return (rest ^ 0xffffffff) >>> 0;
}

const time = (at) => (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1);
const date = (at) => ((at.getFullYear() - 1980) << 9) | ((at.getMonth() + 1) << 5) | at.getDate();
