import { describe, expect, test } from '@jest/globals';
import type { ExpressionResults, Plan, ValueType } from '#model';
import { MillraceError } from '#errors';
import { Sandbox, type SandboxLimits } from './sandbox.js';

const column = (name: string, kind: string, more: object = {}) => ({
  name,
  nullable: true,
  type: { kind, name: kind, ...more } as ValueType,
});
const COLUMNS = [
  column('id', 'int64'),
  column('n', 'int32'),
  column('placed_at', 'timestamptz'),
  column('status', 'text'),
  column('total', 'numeric'),
  column('doc', 'json'),
  column('days', 'array', { element: { kind: 'date', name: 'date' } }),
  column('raw', 'bytes'),
  column('f', 'float64'),
  column('ok', 'bool'),
  column('u', 'uuid'),
  column('code', 'char'),
  column('day', 'date'),
  column('__proto__', 'text'),
];
const ROW = [
  '9007199254740993',
  '7',
  '2024-02-29 23:30:00.500999+00',
  'draft',
  '12.50',
  '{"a":[1,12345678901234567890,0.1,1.5e400],"b":null}',
  '{2024-01-01,NULL}',
  '\\xdeadbeef',
  '-0',
  't',
  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  'ab  ',
  '0044-03-15 BC',
  'p',
];
const LIMITS: SandboxLimits = { maxTicks: 60, maxMemoryBytes: 24 * 1024 * 1024 };

function planOf(expressions: string[]): Plan {
  return {
    nodes: [{ id: 0, path: 'orders', table: 0, expressions }],
    tables: [{ columns: COLUMNS }],
  } as unknown as Plan;
}

async function evaluate(expressions: string[], rows: (string | null)[][] = [ROW]): Promise<ExpressionResults[]> {
  const sandbox = await Sandbox.create(planOf(expressions), LIMITS);
  try {
    return sandbox.evaluate(0, rows);
  } finally {
    sandbox.dispose();
  }
}

const one = async (expression: string, row: (string | null)[] = ROW) => (await evaluate([expression], [row]))[0]?.[0];
/** All expressions of a table in one sandbox, which also shows that they don't disturb each other. */
function together(
  expressions: readonly string[],
): (expression: string) => Promise<ExpressionResults[number] | undefined> {
  let results: Promise<ExpressionResults[]> | undefined;
  return async (expression) => {
    results ??= evaluate([...expressions]);
    return (await results)[0]?.[expressions.indexOf(expression)];
  };
}
const withColumn = (name: string, text: string | null) =>
  ROW.map((value, i) => (COLUMNS[i]?.name === name ? text : value));

const SEEN: [string, string][] = [
  ['columns.id', 'i9007199254740993'],
  ['columns.n', 'n7'],
  ['columns.placed_at', 'd1709249400500'],
  ['columns.status', 'sdraft'],
  ['columns.total', 's12.50'],
  ['columns.doc', 'j{"a":["n1","i12345678901234567890","n0.1","s1.5e400"],"b":"z"}'],
  ['columns.days', 'j["d1704067200000","z"]'],
  ['columns.raw', 'xdeadbeef'],
  ['columns.raw instanceof Uint8Array', 't'],
  ['columns.f', 'n-0'],
  ['columns.ok', 't'],
  ['columns.u', 'sa0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ['columns.code', 'sab'],
  ['columns.day.getUTCFullYear()', 'n-43'],
  ['columns["__proto__"]', 'sp'],
  ['Object.keys(columns).length', `n${COLUMNS.length}`],
  ['columns.placed_at.getUTCFullYear()', 'n2024'],
  ['columns?.n', 'n7'],
  ['(({ n, status }) => status + n)(columns)', 'sdraft7'],
  ['columns.none', 'z'],
];

const KEPT: [string, string][] = [
  ['1 / 3', 'n0.3333333333333333'],
  ['-0', 'n-0'],
  ['2n ** 62n', 'i4611686018427387904'],
  ['"a\\u0000\\n😀"', 'sa\0\n😀'],
  ['undefined', 'z'],
  ['null', 'z'],
  ['new Date(5)', 'd5'],
  ['new Uint8Array([0, 255])', 'x00ff'],
  ['[1, { a: 2n, b: new Date(5), c: undefined, d: ["x"] }]', 'j["n1",{"a":"i2","b":"d5","c":"z","d":["sx"]}]'],
  ['columns.status !== "draft"', 'f'],
  ['1, 2', 'n2'],
  ['{}.x', 'z'],
  ['columns.n // the number', 'n7'],
  ['`${columns.status}!`', 'sdraft!'],
];

const FAILING: [string, string][] = [
  ['() => 1', 'function'],
  ['Symbol()', 'symbol'],
  ['new Map()', 'Map'],
  ['(() => { const a = []; a.push(a); return a; })()', 'cyclic'],
  ['new Date(NaN)', 'invalid Date'],
  ['(async () => 1)()', 'Promise'],
  ['"\\ud800"', 'surrogate'],
  ['/a/', 'RegExp'],
  ['({ "\\0": 1 })', 'U+0000'],
  ['(() => { let a = 1; for (let i = 0; i < 120; i++) a = [a]; return a; })()', '100 levels'],
  ['columns.none.deeper', 'TypeError'],
  ['(() => { throw 5; })()', 'threw a number'],
  ['(() => { throw new RangeError("no"); })()', 'RangeError: no'],
];

const ABSENT: string[] = [
  'new Date()',
  'Date()',
  'Date.now()',
  'Math.random()',
  'new (columns.placed_at.constructor)()',
  'Reflect.construct(Date, [])',
  'performance.now()',
  'eval("1")',
  'new Function("return 1")()',
  '(() => {}).constructor("return 1")()',
  '(function* () {}).constructor("yield 1")',
  'process.exit()',
  'require("fs")',
  'fetch("http://x")',
  'globalThis.leak = 1',
  'leak = 1',
  'Array.prototype.leak = 1',
  'Object.prototype.leak = 1',
  'Date.prototype.getTime = 1',
  'delete Math.max',
  'Math.max = 1',
  '[].indexOf.call({ length: 2 ** 53 - 1 }, 1)',
  'Object.getPrototypeOf([][Symbol.iterator]()).next = 1',
  'Object.getPrototypeOf((function* () {})()).next = 1',
  'Object.defineProperty(globalThis, "leak", { value: 1 })',
  'Object.setPrototypeOf(Array.prototype, null)',
  'setTimeout(() => 1)',
  'console.log(1)',
  'new WeakRef({})',
];

const IN_UTC: [string, string][] = [
  ['new Date(2024, 0, 1).toISOString()', 's2024-01-01T00:00:00.000Z'],
  ['new Date("2024-03-31T02:30").getHours()', 'n2'],
  ['new Date("Jan 1 2024 10:00").toISOString()', 's2024-01-01T10:00:00.000Z'],
  ['new Date("2024-01-01").getTime()', 'n1704067200000'],
  ['new Date("2024-01-01T00:00:00+02:00").getTime()', 'n1704060000000'],
  ['columns.placed_at.getDate()', 'n29'],
  ['columns.placed_at.getTimezoneOffset()', 'n0'],
  ['String(columns.placed_at)', 'sThu Feb 29 2024 23:30:00 GMT+0000 (Coordinated Universal Time)'],
  ['new Date(columns.placed_at).getTime()', 'n1709249400500'],
  ['(d => (d.setHours(1), d.toISOString()))(new Date(0))', 's1970-01-01T01:00:00.000Z'],
  ['Date.UTC(2024, 1)', 'n1706745600000'],
  ['new Date(0) instanceof Date', 't'],
  ['columns.placed_at.toLocaleDateString()', 'sThu Feb 29 2024'],
];

const seen = together(SEEN.map(([expression]) => expression));
const kept = together(KEPT.map(([expression]) => expression));
const failing = together(FAILING.map(([expression]) => expression));
const inUtc = together(IN_UTC.map(([expression]) => expression));
const absent = together(ABSENT);

describe('an expression sees', () => {
  test.each(SEEN)('%s', async (expression, tagged) => {
    expect(await seen(expression)).toEqual({ v: tagged });
  });

  test.each(COLUMNS.map(({ name }) => [name]))('null in %s where it is NULL', async (name) => {
    expect(await one(`columns[${JSON.stringify(name)}]`, withColumn(name, null))).toEqual({ v: 'z' });
  });

  test('NaN and infinities as numbers', async () => {
    expect(await one('columns.f', withColumn('f', 'NaN'))).toEqual({ v: 'nNaN' });
    expect(await one('columns.f', withColumn('f', '-Infinity'))).toEqual({ v: 'n-Infinity' });
  });

  test('a value without a JavaScript form only when it reads it', async () => {
    const row = withColumn('placed_at', 'infinity');
    expect(await one('columns.n + Object.keys(columns).length', row)).toEqual({ v: `n${7 + COLUMNS.length}` });
    expect(await one('columns.placed_at', row)).toEqual({ error: expect.stringMatching(/^RangeError: placed_at: /) });
    expect(await one('columns.days', withColumn('days', '{infinity}'))).toEqual({
      error: expect.stringContaining('days'),
    });
  });
});

describe('a result', () => {
  test.each(KEPT)('of %s keeps its type', async (expression, tagged) => {
    expect(await kept(expression)).toEqual({ v: tagged });
  });

  test.each(FAILING)('of %s is an error', async (expression, part) => {
    expect(await failing(expression)).toEqual({ error: expect.stringContaining(part) });
  });
});

describe('the sandbox', () => {
  test.each(ABSENT)('has no %s', async (expression) => {
    expect(await absent(expression)).toEqual({ error: expect.any(String) });
  });

  test.each(IN_UTC)('knows no zone but UTC: %s', async (expression, tagged) => {
    expect(await inUtc(expression)).toEqual({ v: tagged });
  });

  test('carries nothing from one expression or row to another', async () => {
    const expressions = [
      '(columns.n = 99, columns.doc.a[0] = 5, columns.placed_at.setTime(0), columns.n)',
      'columns.n',
      'columns.doc.a[0]',
      'columns.placed_at.getTime()',
    ];
    const results = await evaluate(expressions, [ROW, ROW]);
    const expected = [{ v: 'n99' }, { v: 'n7' }, { v: 'n1' }, { v: 'n1709249400500' }];
    expect(results).toEqual([expected, expected]);
  });

  test.each([
    'while (true);',
    'try { for (;;); } catch { return 1; }',
    'return /^(a+)+$/.test("a".repeat(40) + "b")',
    'for (const a = [];;) a.push("x".repeat(100000))',
    'return "x".repeat(2 ** 28)',
    'return (function f() { return f(); })()',
    'return JSON.parse("[".repeat(100000))',
  ])('fails only the row of a runaway: %s', async (body) => {
    const expressions = [`columns.n === 13 ? (() => { ${body} })() : columns.n`, 'columns.n * 2'];
    const rows = [1, 13, 2, 13, 3].map((n) => withColumn('n', String(n)));
    const sandbox = await Sandbox.create(planOf(expressions), LIMITS);
    const failed = { error: expect.any(String) };
    const expected = [
      [{ v: 'n1' }, { v: 'n2' }],
      [failed, { v: 'n26' }],
      [{ v: 'n2' }, { v: 'n4' }],
      [failed, { v: 'n26' }],
      [{ v: 'n3' }, { v: 'n6' }],
    ];
    expect(sandbox.evaluate(0, rows)).toEqual(expected);
    expect(sandbox.evaluate(0, rows)).toEqual(expected);
    sandbox.dispose();
  });

  test('gives the same whatever the batch', async () => {
    const expressions = ['columns.n % 5 === 0 ? columns.missing.x : [columns.n, columns.status]', 'columns.id'];
    const rows = Array.from({ length: 600 }, (_, n) => withColumn('n', String(n)));
    const sandbox = await Sandbox.create(planOf(expressions), LIMITS);
    const together = sandbox.evaluate(0, rows);
    expect(rows.map((row) => sandbox.evaluate(0, [row])[0])).toEqual(together);
    expect(together).toHaveLength(600);
    sandbox.dispose();
  });

  test.each([
    '1); (2',
    '1]; [2',
    '}) evil (',
    '1) => (2',
    '',
    '/* nothing */',
    '1;',
    'return 1',
    '...columns',
    'let x = 1',
    'columns.n +',
    '1 /*',
    '`${',
  ])('does not compile %j', async (source) => {
    await expect(Sandbox.create(planOf([source]), LIMITS)).rejects.toThrow(MillraceError);
  });
});
