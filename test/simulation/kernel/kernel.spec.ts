import { expect, test } from '@jest/globals';
import { ConnectionLost, Deadlock, Kernel, type KernelOptions, SimProcess, simTimers } from './index.js';

function kit(options: Partial<KernelOptions> = {}) {
  const trace: string[] = [];
  const kernel = new Kernel({ seed: 1, onTrace: ({ process, what }) => trace.push(`${process} ${what}`), ...options });
  return { kernel, trace, service: new SimProcess('service') };
}

/** Several things that wait for each other, and for time. */
async function runOnce(seed: number): Promise<string[]> {
  const { kernel, trace } = kit({ seed });
  let done = 0;
  const work = async (name: string) => {
    const process = new SimProcess(name);
    const timers = simTimers(kernel, process);
    for (let i = 0; i < 5; i++) {
      await kernel.call(process, `call ${i}`, () => i);
      await timers.wait(10 * timers.random());
    }
    done++;
  };
  const working = ['a', 'b', 'c'].map(work);
  await kernel.runUntil(() => done === 3, 1_000);
  await Promise.all(working);
  return trace;
}

test('one seed is one schedule, and another seed another one', async () => {
  const first = await runOnce(7);
  expect(await runOnce(7)).toEqual(first);
  expect(await runOnce(8)).not.toEqual(first);
});

test('a call is carried out at one moment, and answered at a later one', async () => {
  const { kernel, service } = kit();
  let carriedOut = 0;
  let answer: number | undefined;
  void kernel.call(service, 'count', () => ++carriedOut).then((n) => (answer = n));
  await kernel.runUntil(() => carriedOut === 1, 10);
  expect(answer).toBeUndefined();
  await kernel.runUntil(() => answer === 1, 10);
});

test.each([
  ['lost', 0],
  ['unanswered', 1],
] as const)('of a call that is %s only the connection’s end is heard', async (fault, times) => {
  const { kernel, service } = kit({ faultOf: () => fault });
  let carriedOut = 0;
  let error: unknown;
  kernel.call(service, 'count', () => ++carriedOut).catch((reason: unknown) => (error = reason));
  await kernel.runUntil(() => error !== undefined, 10);
  expect(error).toBeInstanceOf(ConnectionLost);
  expect(carriedOut).toBe(times);
});

test('a call that the server has to wait with is answered after that', async () => {
  const { kernel, service, trace } = kit();
  const waited = new Promise<number>(
    (resolve) => void kernel.schedule(kernel.servers, 'is ready', () => resolve(1), 50),
  );
  let answer: number | undefined;
  void kernel.longCall(service, 'wait', () => waited).then((n) => (answer = n));
  await kernel.runUntil(() => answer === 1, 10);
  expect(trace).toEqual(['service → wait', 'servers is ready', 'service ← wait']);
});

test('in a process that stands still nothing happens until it goes on, and in a dead one never again', async () => {
  const { kernel, service } = kit();
  const other = simTimers(kernel, new SimProcess('other'));
  let rung = 0;
  simTimers(kernel, service).setTimeout(() => rung++, 5);
  service.standStill();
  let waited = false;
  void other.wait(1_000).then(() => (waited = true));
  await kernel.runUntil(() => waited, 10);
  expect(rung).toBe(0);
  service.goOn();
  await kernel.runUntil(() => rung === 1, 10);
  simTimers(kernel, service).setTimeout(() => rung++, 5);
  service.kill();
  await expect(kernel.runUntil(() => rung === 2, 10)).rejects.toBeInstanceOf(Deadlock);
});

test('tells each time that a process stands still, goes on or dies, and nothing that does not change it', () => {
  const { service } = kit();
  const states: string[] = [];
  service.whenChanged(() => states.push(service.state));
  service.goOn();
  service.standStill();
  service.standStill();
  service.goOn();
  service.kill();
  service.kill();
  service.goOn();
  expect(states).toEqual(['standing still', 'running', 'dead']);
});

test('time passes where nothing else can happen, and a timer that is taken back does not ring', async () => {
  const { kernel, service } = kit();
  const timers = simTimers(kernel, service);
  const begun = timers.now();
  let rung = 0;
  timers.clearTimeout(timers.setTimeout(() => rung++, 10));
  timers.setTimeout(() => (rung += 10), 86_400_000);
  await kernel.runUntil(() => rung > 0, 10);
  expect(rung).toBe(10);
  expect(timers.now()).toBe(begun + 86_400_000);
});

test('a wait ends with the reason of its signal', async () => {
  const { kernel, service } = kit();
  const stop = new AbortController();
  let reason: unknown;
  simTimers(kernel, service)
    .wait(1_000, stop.signal)
    .catch((error: unknown) => (reason = error));
  stop.abort('over');
  await kernel.runUntil(() => reason !== undefined, 10);
  expect(reason).toBe('over');
});

test('runs along with a test that awaits', async () => {
  const { kernel, service } = kit();
  const stop = kernel.runFreely();
  const answer = await kernel.call(service, 'add', () => 2 + 2);
  await simTimers(kernel, service).wait(3_600_000);
  stop();
  expect(answer).toBe(4);
});
