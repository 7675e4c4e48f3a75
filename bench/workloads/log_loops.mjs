// The loops of "When async iteration breaks down at scale" over log lines of 100 bytes; node_bench.cpp has ours.
//   node log_loops.mjs SHAPE LINES      prints nanoseconds and the sum
const text = Array.from({length: 1000}, (_, i) => `{"level":${i % 7},"id":${i},`.padEnd(100, "x"));

async function* lines(n) {
  for (let i = 0; i < n; ++i) yield text[i % 1000];
}

async function process_line(line) {
  let h = 0;
  for (let i = 0; i < 16; ++i) h = (Math.imul(h, 31) + line.charCodeAt(i)) >>> 0;
  return h >>> 12;
}

// What p-limit does, without its queue class.
function limiter(most) {
  let active = 0;
  const waiting = [];
  return async (f) => {
    if (active === most) await new Promise((resume) => waiting.push(resume));
    ++active;
    try {
      return await f();
    } finally {
      --active;
      waiting.shift()?.();
    }
  };
}

const shapes = {
  async serial(n) {
    let sum = 0;
    for await (const line of lines(n)) sum += await process_line(line);
    return sum;
  },
  async limit_16(n) {
    let sum = 0;
    const limit = limiter(16);
    for await (const line of lines(n)) sum += await limit(() => process_line(line));
    return sum;
  },
};

const [shape, n] = [process.argv[2], Number(process.argv[3])];
await shapes[shape](Math.min(n, 20_000)); // compiled
const begun = process.hrtime.bigint();
const sum = await shapes[shape](n);
console.log(`${process.hrtime.bigint() - begun} ${sum}`);
