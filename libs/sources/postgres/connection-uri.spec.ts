import { describe, expect, test } from '@jest/globals';
import { parsePostgresUri, redactUri } from './connection-uri.js';

describe('a source URI', () => {
  test.each([
    [
      'postgresql://joe:se%40cret@db.example:6432/shop',
      { host: 'db.example', port: 6432, user: 'joe', password: 'se@cret', database: 'shop' },
    ],
    ['postgres://joe@db/', { host: 'db', port: 5432, user: 'joe', database: 'joe' }],
    ['postgresql://joe:a:b@c@db/shop', { host: 'db', password: 'a:b@c' }],
    ['postgresql://joe@[::1]:5433/shop', { host: '::1', port: 5433, where: '[::1]:5433/shop' }],
    ['postgresql://joe@%2Fvar%2Frun%2Fpostgresql/shop', { host: '/var/run/postgresql' }],
    ['postgresql:///shop?host=/tmp&port=5555&user=joe', { host: '/tmp', port: 5555, user: 'joe', database: 'shop' }],
    ['postgresql://joe@db/a%2Fb%20c', { database: 'a/b c', where: 'db:5432/a/b c' }],
    [
      'postgresql://joe@db/x?hostaddr=10.0.0.1&connect_timeout=7',
      { host: 'db', hostAddress: '10.0.0.1', connectTimeoutMs: 7_000 },
    ],
    ['postgresql://joe:p#w@db/x', { password: 'p#w', host: 'db' }],
  ])('%s', (uri, expected) => {
    expect(parsePostgresUri(uri)).toMatchObject(expected);
  });

  test.each([
    ['', { mode: 'prefer' }],
    ['sslmode=disable', { mode: 'disable' }],
    ['ssl=true', { mode: 'require' }],
    ['sslmode=no-verify', { mode: 'require' }],
    ['sslmode=verify-ca&sslrootcert=/ca.pem', { mode: 'verify-ca', rootCertificate: '/ca.pem' }],
    ['sslmode=require&sslrootcert=system', { mode: 'verify-full' }],
    [
      'sslmode=verify-full&sslcert=/c&sslkey=/k&sslpassword=x',
      { mode: 'verify-full', certificate: '/c', key: '/k', keyPassword: 'x' },
    ],
    ['sslmode=require&channel_binding=require', { channelBinding: true }],
    ['sslmode=require&sslnegotiation=direct', { direct: true }],
  ])('takes TLS as libpq does: %s', (query, expected) => {
    expect(parsePostgresUri(`postgresql://u@h/d?${query}`).ssl).toMatchObject(expected);
  });

  test.each([
    'mysql://u@h/d',
    'h/d',
    'postgresql://u@a,b/d',
    'postgresql://u@a:1,b:2/d',
    'postgresql:///d?host=a,b',
    'postgresql://u@h:port/d',
    'postgresql://u@h:0/d',
    'postgresql://u@::1/d',
    'postgresql://u@h/d?sslmode=yes',
    'postgresql://u@h/d?sslmode=verify-ca',
    'postgresql://u@h/d?sslmod=require',
    'postgresql://u:%zz@h/d',
    'postgresql://u@h/d?target_session_attrs=standby',
    'postgresql://u@h/d?sslnegotiation=direct',
    'postgresql://u@h/d?gssencmode=require',
  ])('is refused as a mistake of the job file, without saying what is in it: %s', (uri) => {
    expect(() => parsePostgresUri(uri.replace('u@', 'u:hunter2@'))).toThrow(
      expect.objectContaining({ code: 'SOURCE_URI', exit: 2, retriable: false }),
    );
    try {
      parsePostgresUri(uri.replace('u@', 'u:hunter2@'));
    } catch (error) {
      expect(String(error)).not.toContain('hunter2');
    }
  });

  test.each([
    ['postgresql://joe:hunter2@db/shop', 'postgresql://joe:***@db/shop'],
    ['postgresql://joe:hunter2@x@db/shop', 'postgresql://joe:***@db/shop'],
    ['postgresql://joe:a/hunter2@db/shop', 'postgresql://joe:***@db/shop'],
    ['postgresql://joe@db/shop?password=hunter2&x=1', 'postgresql://joe@db/shop?password=***&x=1'],
    ['postgresql://joe@db/shop', 'postgresql://joe@db/shop'],
    ['no uri', 'no uri'],
  ])('is shown without its secrets', (uri, shown) => {
    expect(redactUri(uri)).toBe(shown);
  });
});
