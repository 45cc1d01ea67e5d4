import { expect, test } from '@jest/globals';
import { IncarnationNames } from './names.js';

test('every name of an incarnation is its own, and has its number', () => {
  const names = (incarnation: number, incarnationId = 'a'): string[] => {
    const of = { incarnation, incarnationId };
    const { fences, claims, letters, tasks, chunks, builds, rereads, ...all } = new IncarnationNames(of);
    expect(all).toEqual(of);
    const kept = [fences, claims, letters, tasks, chunks, builds, rereads].map(({ name }) => name);
    const made = new IncarnationNames(of);
    return [...kept, made.stage(0).name, made.stage(12).name, made.topic('shop', 'rows')];
  };
  const all = [...names(1), ...names(1, 'b'), ...names(2), ...names(11)];
  expect(new Set(all).size).toBe(all.length);
  for (const name of names(11)) expect(name).toMatch(/[_.]11-a([_.]|$)/);
});
