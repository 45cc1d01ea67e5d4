import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { EventEmitter } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type HostProcess, processOutside } from './host.js';

class FakeProcess extends EventEmitter implements HostProcess {
  out = '';
  code: number | undefined;
  readonly stderr = {
    write: (text: string, written?: () => void): void => {
      this.out += text;
      written?.();
    },
  };

  exit(code: number): void {
    this.code = code;
  }
}

test.each(['uncaughtException', 'unhandledRejection'])(
  'an %s is told in one line without the passwords of connection strings, and ends the process',
  (event) => {
    const host = new FakeProcess();
    processOutside({ SHOP_PG_URI: 'postgres://app:ge%2Fheim@db/shop', HOME: '/home/app' }, host);
    host.emit(event, new TypeError('no way to redis://:s3cret@cache, as ge/heim was refused in /home/app\nat a line'));
    expect(host.out).toBe(
      'error UNEXPECTED: TypeError: no way to redis://:***@cache, as *** was refused in /home/app\n',
    );
    expect(host.code).toBe(1);
  },
);

test('secrets that were read from files are not told either', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-host-'));
  try {
    const host = new FakeProcess();
    const { readFile } = processOutside({}, host);
    await writeFile(join(folder, 'uri'), 'mongodb://millrace:from-a-file@mongo/?replicaSet=rs0\n');
    await writeFile(join(folder, 'password'), 'of Kafka\n');
    expect(readFile(join(folder, 'uri'))).toContain('from-a-file');
    readFile(join(folder, 'password'));
    host.emit('unhandledRejection', 'from-a-file and of Kafka at mongo');
    expect(host.out).toBe('error UNEXPECTED: *** and *** at mongo\n');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a line of the log is written as it is, and a signal is told by its name', () => {
  const host = new FakeProcess();
  const { writeLog, onSignal } = processOutside({}, host);
  const told: string[] = [];
  onSignal((name) => told.push(name));
  writeLog('{"level":"info"}\n');
  host.emit('SIGTERM', 'SIGTERM');
  expect({ told, out: host.out }).toEqual({ told: ['SIGTERM'], out: '{"level":"info"}\n' });
});
