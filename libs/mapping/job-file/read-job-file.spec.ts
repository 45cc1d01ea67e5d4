import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import type { Problem } from './problem.js';
import { type ReadJobFile, readJobFile } from './read-job-file.js';

const HEAD = `job: shop
source: { kind: postgres, uri: "postgres://me:s3cret@db/shop" }
target: { uri: "mongodb://me:pa%20ss@mongo", database: shop }
`;

function read(
  text: string,
  env: Record<string, string> = {},
  files: Record<string, string> = {},
  fileName = 'shop.yaml',
): ReadJobFile {
  return readJobFile(text, {
    fileName,
    env,
    readSecretFile: (path) => {
      const content = files[path];
      if (content === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return content;
    },
  });
}

function problems(text: string, env: Record<string, string> = {}, files: Record<string, string> = {}): Problem[] {
  return read(text, env, files).problems ?? [];
}

function brief(found: readonly Problem[]): string[] {
  return found.map((p) => `${p.line}:${p.column} ${p.path} ${p.code}`);
}

function collections(yaml: string): string {
  return `${HEAD}collections:\n${yaml}`;
}

const ORDERS = collections('  orders: { table: public.orders }\n');

describe('a job file', () => {
  test('is read with every default filled in', () => {
    const { jobFile } = read(ORDERS);
    expect(jobFile).toMatchObject({
      job: 'shop',
      mode: 'continuous',
      onError: 'deadLetter',
      defaults: { fieldNames: 'asIs', nulls: 'keep' },
      source: { kind: 'postgres', uri: 'postgres://me:s3cret@db/shop', maxRetainedBytes: 10 * 1024 ** 3 },
    });
    expect(jobFile?.stopAfterErrors).toBeUndefined();
  });

  test('may be JSON, indented by tabs', () => {
    const text = JSON.stringify(
      {
        $schema: './schema.json',
        job: 'shop',
        source: { kind: 'postgres', uri: 'postgres://h/d' },
        target: { uri: 'mongodb://h', database: 'shop' },
        collections: { a: { table: 'a' } },
      },
      null,
      '\t',
    );
    expect(read(text).jobFile?.collections).toEqual({ a: { table: 'a' } });
  });

  test('gives sizes as a number or as a text with a unit', () => {
    const sized = (size: string) =>
      read(ORDERS.replace('kind: postgres,', `kind: postgres, maxRetainedBytes: ${size},`)).jobFile?.source
        .maxRetainedBytes;
    expect([sized('4096'), sized('10GiB'), sized('"1.5 MB"'), sized('2kb')]).toEqual([
      4096,
      10 * 1024 ** 3,
      1.5e6,
      2000,
    ]);
  });

  test('says all of its mistakes at once, in the order of the file, with line, column and path', () => {
    const found = problems(`job: Shop
mode: continous
source: { kind: postgres, uri: "postgres://h/d" }
target: { uri: "mongodb://h" }
stopAfterErrors: many
collection: {}
collections:
  orders:
    tabel: public.orders
    fields: 5
    embed:
      lines: { many: l, limit: 0, flatten: true }
      both: { one: a, many: b }
      none: { on: { a: b } }
`);
    expect(brief(found)).toEqual([
      '1:6 job JOB_FILE_INVALID_VALUE',
      '2:7 mode JOB_FILE_INVALID_VALUE',
      '4:1 target.database JOB_FILE_MISSING_KEY',
      '5:18 stopAfterErrors JOB_FILE_INVALID_VALUE',
      '6:1 collection JOB_FILE_UNKNOWN_KEY',
      '9:5 collections.orders.tabel JOB_FILE_UNKNOWN_KEY',
      '10:13 collections.orders.fields JOB_FILE_INVALID_VALUE',
      '12:32 collections.orders.embed.lines.limit JOB_FILE_INVALID_VALUE',
      '12:35 collections.orders.embed.lines.flatten EMBED_KIND',
      '13:7 collections.orders.embed.both EMBED_KIND',
      '14:7 collections.orders.embed.none EMBED_KIND',
    ]);
  });

  test('suggests the key that a misspelt one means', () => {
    const [problem] = problems(collections('  orders: { table: o, feilds: [a] }\n'));
    expect(problem?.message).toBe('`orders` has no key `feilds`: did you mean `fields`?');
  });

  test('names the choices of a value', () => {
    const [problem] = problems(`mode: sometimes\n${ORDERS}`);
    expect(problem?.message).toBe('`mode` must be snapshot or continuous, not sometimes');
  });

  test('complains of the branch of a union that was meant', () => {
    expect(brief(problems(collections('  orders: { table: o, fields: { only: x, types: { a: number } } }\n')))).toEqual(
      [
        '5:39 collections.orders.fields.only JOB_FILE_INVALID_VALUE',
        '5:54 collections.orders.fields.types.a JOB_FILE_INVALID_VALUE',
      ],
    );
  });

  test('refuses an id map without or with both of its keys', () => {
    expect(
      brief(
        problems(collections('  a: { table: a, id: {} }\n  b: { table: b, id: { objectId: true, computed: "1" } }\n')),
      ),
    ).toEqual(['5:22 collections.a.id ID_FORM', '6:22 collections.b.id ID_FORM']);
  });

  test('refuses keys that do not belong together', () => {
    const found = problems(
      collections(`  orders:
    table: o
    embed:
      a: { one: a, sort: [x], limit: 3, value: y }
      b: { one: b, prefix: b_ }
      c: { many: c, value: x, embed: { d: { one: d } } }
`),
    );
    expect(brief(found)).toEqual([
      '8:20 collections.orders.embed.a.sort EMBED_KIND',
      '8:31 collections.orders.embed.a.limit EMBED_KIND',
      '8:41 collections.orders.embed.a.value EMBED_KIND',
      '9:20 collections.orders.embed.b.prefix EMBED_KIND',
      '10:31 collections.orders.embed.c.embed EMBED_KIND',
    ]);
  });

  test('refuses names that MongoDB cannot have', () => {
    const found = problems(`${HEAD.replace('database: shop', 'database: millrace_shop')}collections:
  system.users: { table: a }
  "a$b": { table: a }
  ok:
    table: a
    fields: { rename: { a: $b, c: x.y }, computed: { "p.q": "1" } }
    embed: { "": { one: b } }
`);
    expect(found.map((p) => [p.code, p.path])).toEqual([
      ['NAME_NOT_ALLOWED', 'target.database'],
      ['NAME_NOT_ALLOWED', 'collections["system.users"]'],
      ['NAME_NOT_ALLOWED', 'collections.a$b'],
      ['NAME_NOT_ALLOWED', 'collections.ok.fields.rename.a'],
      ['NAME_NOT_ALLOWED', 'collections.ok.fields.rename.c'],
      ['NAME_NOT_ALLOWED', 'collections.ok.fields.computed["p.q"]'],
      ['NAME_NOT_ALLOWED', 'collections.ok.embed[""]'],
    ]);
  });

  test('refuses a kind of source that this version lacks, and nothing else of that source', () => {
    const found = problems(
      `job: shop\nsource: { kind: mysql, host: x }\ntarget: { uri: "mongodb://h", database: d }\ncollections: { a: { table: a } }\n`,
    );
    expect(brief(found)).toEqual(['2:17 source.kind SOURCE_KIND_NOT_AVAILABLE']);
  });

  test('refuses a file that maps nothing', () => {
    expect(brief(problems(`${HEAD}collections: {}\n`))).toEqual(['4:14 collections NOTHING_MAPPED']);
    expect(problems('').map((p) => p.path)).toEqual(['job', 'source', 'target', 'collections']);
  });
});

describe('YAML', () => {
  test('keeps `on`, numbers and null as names of keys', () => {
    const { jobFile } = read(
      `%YAML 1.1\n---\n${collections('  orders: { table: o, embed: { a: { many: l, on: { 1: id, null: b } } } }\n')}`,
    );
    expect(jobFile?.collections['orders']?.embed?.['a']?.on).toEqual({ 1: 'id', null: 'b' });
  });

  test('may use anchors and merge keys', () => {
    const { jobFile } = read(collections('  a: &a { table: a, nulls: omit }\n  b: *a\n  c: { <<: *a, table: c }\n'));
    expect(jobFile?.collections).toEqual({
      a: { table: 'a', nulls: 'omit' },
      b: { table: 'a', nulls: 'omit' },
      c: { table: 'c', nulls: 'omit' },
    });
  });

  test.each([
    [
      'a key that stands twice',
      collections('  a: { table: a }\n  a: { table: b }\n'),
      '6:3 collections.a JOB_FILE_DUPLICATE_KEY',
    ],
    ['a tab as indentation', 'job: x\nsource:\n\tkind: postgres\n', '3:1  JOB_FILE_SYNTAX'],
    ['several documents', `${ORDERS}---\njob: two\n`, '7:1  JOB_FILE_SYNTAX'],
    [
      'an anchor that contains itself',
      collections('  a: &a { table: a, embed: { b: *a } }\n'),
      '5:9 collections.a.embed.b JOB_FILE_SYNTAX',
    ],
    ['an open bracket', 'job: [x\n', '2:1  JOB_FILE_SYNTAX'],
  ])('refuses %s', (_, text, expected) => {
    expect(brief(problems(text))).toContain(expected);
  });
});

describe('variables', () => {
  const withUri = (uri: string) => ORDERS.replace('"postgres://me:s3cret@db/shop"', uri);

  test('are read from the environment, or have their default', () => {
    expect(read(withUri('"${URI}"'), { URI: 'postgres://x' }).jobFile?.source.uri).toBe('postgres://x');
    expect(
      read(withUri('"postgres://${HOST:-localhost}/${DB:-shop}"'), { DB: 'other', HOST: '' }).jobFile?.source.uri,
    ).toBe('postgres://localhost/other');
  });

  test('are the content of NAME_FILE where NAME is not set', () => {
    const files = { '/run/secrets/pw': 'top\n\n' };
    expect(read(withUri('"postgres://me:${PW}@h/d"'), { PW_FILE: '/run/secrets/pw' }, files).jobFile?.source.uri).toBe(
      'postgres://me:top\n@h/d',
    );
    expect(
      read(withUri('"postgres://me:${PW}@h/d"'), { PW_FILE: '/run/secrets/pw', PW: 'set' }, files).jobFile?.source.uri,
    ).toBe('postgres://me:set@h/d');
    expect(
      read(withUri('"postgres://me:${PW_FILE}@h/d"'), { PW_FILE: '/run/secrets/pw' }, files).jobFile?.source.uri,
    ).toBe('postgres://me:top\n@h/d');
  });

  test('that are not set are problems where they stand, each once', () => {
    const found = problems(withUri('"${A}${B}"'), { B_FILE: '/missing' });
    expect(brief(found)).toEqual(['2:32 source.uri JOB_FILE_UNSET_VARIABLE', '2:32 source.uri JOB_FILE_SECRET_FILE']);
    expect(found[0]?.message).toContain('A is not set');
    expect(found[1]?.message).toContain('B_FILE');
  });

  test('cannot bring structure into the file, and are not looked into again', () => {
    const { jobFile } = read(ORDERS.replace(/source: .*/, 'source:\n  kind: postgres\n  uri: ${URI}'), {
      URI: 'postgres://x" , kind: mysql } #${JOB}',
    });
    expect(jobFile?.source).toMatchObject({ kind: 'postgres', uri: 'postgres://x" , kind: mysql } #${JOB}' });
  });

  test('stand for numbers and choices too', () => {
    const { jobFile } = read(`mode: \${MODE:-snapshot}\nstopAfterErrors: \${N}\n${ORDERS}`, { N: '12' });
    expect(jobFile).toMatchObject({ mode: 'snapshot', stopAfterErrors: 12 });
  });

  test('are never looked for in keys', () => {
    expect(
      read(collections('  "a{NAME}": { table: a, embed: { "x${NAME}": { one: b } } }\n')).jobFile?.collections[
        'a{NAME}'
      ]?.embed,
    ).toHaveProperty(['x${NAME}']);
  });

  test('leave an escaped $${ and the template literals of expressions alone', () => {
    const { jobFile } = read(collections('  a: { table: a, where: "`${columns.a}$${b}` === \'${X}\'" }\n'), { X: 'x' });
    expect(jobFile?.collections['a']?.where).toBe("`${columns.a}${b}` === 'x'");
  });

  test('are refused where they are no names', () => {
    expect(brief(problems(withUri('"postgres://${SHOP-URI}"')))).toEqual(['2:32 source.uri JOB_FILE_SYNTAX']);
  });
});

describe('a secret', () => {
  test('that is written into a broken file is not quoted by the problem', () => {
    for (const text of [
      'job: x\n"s3cret" "s3cret"\n',
      'a: b\n  s3cret: [\n',
      "a: 's3cret",
      'job: x\n- s3cret\n}s3cret',
      '{ "uri": "s3cret" "s3cret" }',
      'a: b\ns3cret',
    ]) {
      expect(problems(text)).not.toEqual([]);
      expect(JSON.stringify(problems(text))).not.toContain('s3cret');
    }
  });

  test('is in no problem', () => {
    const text = `job: "\${PW}"\nmode: \${PW}\nsource: { kind: postgres, uri: "\${PW}" }\ntarget: { uri: "http://u:literal@h", database: "a b\${PW}" }\nstopAfterErrors: \${PW}\ncollections: { "x": { table: "\${PW}", id: "\${PW}", embed: { a: { one: t, sort: "\${PW}" } } } }\n`;
    const found = problems(text, { PW: 'Hidden/Value' });
    expect(found.length).toBeGreaterThan(5);
    expect(JSON.stringify(found)).not.toMatch(/Hidden|literal/);
  });

  test('is in no print of a job file, nor of what was read with it', () => {
    const result = read(ORDERS, {});
    for (const printed of [JSON.stringify(result), inspect(result, { depth: 9, showHidden: false })]) {
      expect(printed).toContain('orders');
      expect(printed).not.toMatch(/s3cret|pa%20ss/);
    }
  });

  test('is taken out of texts made elsewhere', () => {
    const result = read(ORDERS.replace('public.orders', '"${T}"'), { T_FILE: '/t' }, { '/t': 'classified' });
    const { secrets } = result as Extract<ReadJobFile, { secrets: unknown }>;
    expect(secrets.redact('no postgres://me:s3cret@db/shop, no pa ss, no pa%20ss, no s3cret, no classified')).toBe(
      'no ***, no ***, no ***, no ***, no ***',
    );
  });
});

describe('a file with faults', () => {
  test('leaves what can still be checked against the source', () => {
    const { partial } = read(
      collections('  a: { table: a, feilds: [x], embed: { b: { one: b, limit: none }, c: { one: c } } }\n'),
    ) as { partial?: { jobFile: { collections: unknown } } };
    expect(partial?.jobFile.collections).toEqual({
      a: { table: 'a', embed: { b: { one: 'b' }, c: { one: 'c' } } },
    });
  });

  test('leaves nothing where the source itself is faulty', () => {
    expect(read(ORDERS.replace('kind: postgres,', 'kind: mysql,'))).not.toHaveProperty('partial');
  });
});
