import { expect, test } from '@jest/globals';
import type { JobEvent } from '#job';
import { TroubleTold } from './trouble-told.js';

const RECOVERED: JobEvent = { kind: 'recovered' };
const trouble = (message: string): JobEvent => ({ kind: 'trouble', message });

function told() {
  const events: JobEvent[] = [];
  return { events, trouble: new TroubleTold((event) => events.push(event)) };
}

test("the job's own trouble comes before that of services, and it is over when both are", () => {
  const here = told();
  here.trouble.takeServices('write: away');
  here.trouble.take(trouble('no source'));
  here.trouble.takeServices('write: far away');
  here.trouble.take(RECOVERED);
  here.trouble.takeServices('write: far away');
  here.trouble.takeServices(undefined);
  expect(here.events).toEqual([trouble('write: away'), trouble('no source'), trouble('write: far away'), RECOVERED]);
});

test('what is no trouble passes, and nothing is told of trouble that there was not', () => {
  const here = told();
  here.trouble.take({ kind: 'phase', phase: 'loading' });
  here.trouble.take(RECOVERED);
  here.trouble.takeServices(undefined);
  expect(here.events).toEqual([{ kind: 'phase', phase: 'loading' }]);
});

test('that nobody runs it is told where nothing else is, until somebody does', () => {
  const here = told();
  here.trouble.takeRunning(false, 'nobody');
  here.trouble.takeServices('ingest: no source');
  here.trouble.takeServices(undefined);
  here.trouble.takeRunning(true, 'nobody');
  expect(here.events).toEqual([trouble('nobody'), trouble('ingest: no source'), trouble('nobody'), RECOVERED]);
});

test('what a process told that is gone keeps nothing back', () => {
  const here = told();
  here.trouble.take(trouble('no source'));
  here.trouble.takeServices('ingest: no variable');
  here.trouble.takeRunning(false, 'nobody');
  expect(here.events).toEqual([trouble('no source'), trouble('ingest: no variable')]);
});
