import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { waitFor } from '#testing';
import { type Server, serverErrors, startRedis } from './index.js';
import { isAlive } from './process-tree.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-spec-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Sends the commands, one a line, and a last one that ends the connection; gives what Redis answers to them. */
function ask(server: Server, ...commands: string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(server.port, '127.0.0.1', () => socket.write([...commands, 'QUIT', ''].join('\r\n')));
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('error', reject);
    socket.on('end', () => resolve(answer.split('\r\n').slice(0, -2)));
  });
}

describe('Redis', () => {
  test('holds its data in memory alone, evicts none, and listens on the loopback interface only', async () => {
    await using server = await startRedis();
    expect(server.uri).toBe(`redis://127.0.0.1:${server.port}`);
    expect(await ask(server, 'SET k 1', 'GET k')).toEqual(['+OK', '$1', '1']);
    const settings = ['maxmemory-policy', 'bind', 'save', 'appendonly'];
    const answers = await ask(server, ...settings.map((name) => `CONFIG GET ${name}`));
    const values = answers.filter((line) => !/^[*$]/.test(line));
    expect(values).toEqual(settings.flatMap((name, at) => [name, ['noeviction', '127.0.0.1', '', 'no'][at]]));
  });

  test('keeps what is in its data folder when it is killed and started again, and for the next server on it', async () => {
    const dataDir = join(folder, 'ä data');
    await using first = await startRedis({ dataDir });
    await ask(first, 'SET k 1');
    const pids = [first.pid];
    await first.kill();
    expect(isAlive(pids[0]!)).toBe(false);
    await expect(ask(first, 'GET k')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await first.restart();
    expect(pids).not.toContain(first.pid);
    expect(await ask(first, 'GET k', 'SET k 2')).toEqual(['$1', '1', '+OK']);
    await first.stop();
    await using second = await startRedis({ dataDir });
    expect(await ask(second, 'GET k')).toEqual(['$1', '2']);
  });

  test('demands the password', async () => {
    const password = 'a"b\\c#@ü';
    await using server = await startRedis({ password });
    expect(await ask(server, 'GET k')).toEqual([expect.stringContaining('NOAUTH')]);
    const given = decodeURIComponent(new URL(server.uri).password);
    expect(given).toBe(password);
    expect(await ask(server, `AUTH ${JSON.stringify(given)}`, 'GET k')).toEqual(['+OK', '$-1']);
  });

  test('leaves no process and no folder when it stops', async () => {
    const server = await startRedis();
    const { pid } = server;
    expect(isAlive(pid)).toBe(true);
    await server.stop();
    await server.stop();
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(dirname(server.dataDir))).toBe(false);
  });

  test('ends with its owner, however that ends', async () => {
    const owner = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const gone = new Promise((resolve) => owner.once('exit', resolve));
    const server = await startRedis({ owner: { pid: owner.pid ?? 0 } });
    const { pid } = server;
    expect(isAlive(pid)).toBe(true);
    owner.kill('SIGKILL');
    await gone;
    await waitFor(() => !isAlive(pid) && !existsSync(dirname(server.dataDir)));
  });

  test('says its last words when it cannot start', async () => {
    await expect(startRedis({ args: ['--maxmemory-policy', 'nonsense'] })).rejects.toMatchObject({
      code: serverErrors.SERVER_FAILED.code,
      message: expect.stringContaining('nonsense'),
    });
  });
});

describe('a system without Redis', () => {
  const { PATH, MILLRACE_CACHE_DIR } = process.env;

  beforeEach(() => {
    process.env['PATH'] = '';
    process.env['MILLRACE_CACHE_DIR'] = folder;
  });

  afterEach(() => {
    process.env['PATH'] = PATH;
    if (MILLRACE_CACHE_DIR === undefined) delete process.env['MILLRACE_CACHE_DIR'];
    else process.env['MILLRACE_CACHE_DIR'] = MILLRACE_CACHE_DIR;
  });

  test('is told that it is missing, and how to get it', async () => {
    await expect(startRedis()).rejects.toMatchObject({
      code: serverErrors.SERVER_UNAVAILABLE.code,
      message: expect.stringMatching(
        /No Redis 6 .*redis-server on PATH: none.*apt-get and dpkg are not on PATH.*brew/s,
      ),
    });
  });
});
