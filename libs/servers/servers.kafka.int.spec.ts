import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeCertificates, waitFor } from '#testing';
import { type Server, serverErrors, startKafka } from './index.js';
import { KafkaConversation, plain, scram } from './kafka-conversation.js';
import { isAlive } from './process-tree.js';

const USER = { username: 'miller', password: 'a "b" \\ ü' };

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-spec-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function topicsOf(server: Server): Promise<string[]> {
  using conversation = KafkaConversation.on(server.port);
  return await conversation.topics();
}

describe('Kafka', () => {
  test('keeps its topics when it is killed and started again, and leaves nothing when it stops', async () => {
    const server = await startKafka();
    {
      using conversation = KafkaConversation.on(server.port);
      await conversation.createTopic('orders');
    }
    const pids = [server.pid];
    await server.kill();
    expect(isAlive(pids[0]!)).toBe(false);
    await expect(topicsOf(server)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await server.restart();
    pids.push(server.pid);
    expect(await topicsOf(server)).toEqual(['orders']);
    await server.restart();
    pids.push(server.pid);
    expect(new Set(pids).size).toBe(3);
    expect(await topicsOf(server)).toEqual(['orders']);
    await server.stop();
    await server.stop();
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(dirname(server.dataDir))).toBe(false);
  });

  test('keeps a data folder that the caller gave, for the next server on it, on another port', async () => {
    const dataDir = join(folder, 'ä data');
    const first = await startKafka({ dataDir });
    {
      using conversation = KafkaConversation.on(first.port);
      await conversation.createTopic('orders');
    }
    await first.stop();
    await using second = await startKafka({ dataDir });
    expect(second.port).not.toBe(first.port);
    expect(await topicsOf(second)).toEqual(['orders']);
  });

  test('says its last words when it cannot start', async () => {
    const starting = startKafka({ settings: { 'metric.reporters': 'nonsense' } });
    await expect(starting).rejects.toMatchObject({
      code: serverErrors.SERVER_FAILED.code,
      message: expect.stringContaining('nonsense'),
    });
  });

  test('ends with its owner, however that ends', async () => {
    const owner = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const gone = new Promise((resolve) => owner.once('exit', resolve));
    const server = await startKafka({ owner: { pid: owner.pid ?? 0 } });
    const { pid } = server;
    expect(isAlive(pid)).toBe(true);
    owner.kill('SIGKILL');
    await gone;
    await waitFor(() => !isAlive(pid) && !existsSync(dirname(server.dataDir)));
  });
});

describe('a secured Kafka', () => {
  test('speaks TLS to its clients, with the certificate given, and nothing else', async () => {
    makeCertificates(folder, { broker: 'IP:127.0.0.1' });
    const text = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
    const [ca, other, certificate, key] = await Promise.all(
      ['ca.crt', 'other.crt', 'broker.crt', 'broker.key'].map(text),
    );
    await using server = await startKafka({ tls: { ca: ca!, certificate: certificate!, key: key! } });
    const secure = (authority: string) =>
      new KafkaConversation(connectTls({ host: '127.0.0.1', port: server.port, ca: authority }));
    using trusting = secure(ca!);
    await trusting.createTopic('orders');
    expect(await trusting.topics()).toEqual(['orders']);
    using distrusting = secure(other!);
    await expect(distrusting.topics()).rejects.toThrow(/certificate/);
    await expect(topicsOf(server)).rejects.toThrow('closed');
  });

  test.each([
    ['PLAIN', plain],
    ['SCRAM-SHA-256', scram],
    ['SCRAM-SHA-512', scram],
  ] as const)('demands the password by %s, after a restart as well', async (mechanism, logIn) => {
    await using server = await startKafka({ sasl: { mechanism, ...USER } });
    await expect(topicsOf(server)).rejects.toThrow('closed');
    for (const round of ['started', 'restarted']) {
      using known = KafkaConversation.on(server.port);
      expect([round, await logIn(known, mechanism, USER)]).toEqual([round, 0]);
      expect(await known.topics()).toEqual([]);
      using unknown = KafkaConversation.on(server.port);
      expect([round, await logIn(unknown, mechanism, { ...USER, password: 'wrong' })]).not.toEqual([round, 0]);
      if (round === 'started') await server.restart();
    }
  });

  test('demands the password within TLS where both are given', async () => {
    makeCertificates(folder, { broker: 'IP:127.0.0.1' });
    const text = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
    const [ca, certificate, key] = await Promise.all(['ca.crt', 'broker.crt', 'broker.key'].map(text));
    const tls = { ca: ca!, certificate: certificate!, key: key! };
    await using server = await startKafka({ tls, sasl: { mechanism: 'PLAIN', ...USER } });
    const secure = () => new KafkaConversation(connectTls({ host: '127.0.0.1', port: server.port, ca: ca! }));
    using unknown = secure();
    await expect(unknown.topics()).rejects.toThrow('closed');
    using known = secure();
    expect(await plain(known, 'PLAIN', USER)).toBe(0);
    expect(await known.topics()).toEqual([]);
  });
});

describe('a system without Kafka', () => {
  const before = { ...process.env };
  const names = ['PATH', 'JAVA_HOME', 'MILLRACE_KAFKA_HOME', 'MILLRACE_CACHE_DIR'] as const;

  beforeEach(() => {
    for (const name of names) delete process.env[name];
    process.env['PATH'] = join(folder, 'bin');
    process.env['MILLRACE_CACHE_DIR'] = join(folder, 'cache');
  });

  afterEach(() => {
    for (const name of names) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });

  async function javaThatSays(version: string): Promise<void> {
    await mkdir(join(folder, 'bin'), { recursive: true });
    await writeFile(join(folder, 'bin', 'java'), `#!/bin/sh\necho 'openjdk ${version} 2021-01-19'\n`);
    await chmod(join(folder, 'bin', 'java'), 0o755);
  }

  const refusal = (message: RegExp) => ({
    code: serverErrors.SERVER_UNAVAILABLE.code,
    message: expect.stringMatching(message),
  });

  test('is told that a Java is missing, and how to get it', async () => {
    await expect(startKafka()).rejects.toMatchObject(refusal(/No Java 17 .*PATH: none.*openjdk-17-jre-headless/s));
  });

  test('is told that its Java is too old', async () => {
    await javaThatSays('11.0.10');
    await expect(startKafka()).rejects.toMatchObject(refusal(/No Java 17 .*PATH: version 11/s));
  });

  test('is told that Kafka is missing, and how to get it', async () => {
    await javaThatSays('21');
    const message = /No Kafka 4 .*on PATH: none.*mvn is not on PATH.*MILLRACE_KAFKA_HOME.*apt-get install maven/s;
    await expect(startKafka()).rejects.toMatchObject(refusal(message));
  });

  test('is told that the Kafka it names is too old, and gets no other', async () => {
    await javaThatSays('21');
    await mkdir(join(folder, 'libs'));
    await writeFile(join(folder, 'libs', 'kafka-clients-3.9.1.jar'), '');
    process.env['MILLRACE_KAFKA_HOME'] = folder;
    await expect(startKafka()).rejects.toMatchObject(
      refusal(/\(MILLRACE_KAFKA_HOME: version 3\.9\.1 is older than 4\)/),
    );
  });
});
