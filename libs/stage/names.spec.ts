import { expect, test } from '@jest/globals';
import { IncarnationNames } from './names.js';

test('every name of an incarnation is its own, and has its number', () => {
  const names = (incarnation: number): string[] => {
    const { fences, claims, letters, tasks, chunks, builds, rereads, ...all } = new IncarnationNames(incarnation);
    expect(all).toEqual({ incarnation });
    const kept = [fences, claims, letters, tasks, chunks, builds, rereads].map(({ name }) => name);
    const made = new IncarnationNames(incarnation);
    return [...kept, made.stage(0).name, made.stage(12).name, made.topic('shop', 'rows')];
  };
  const all = [...names(1), ...names(2), ...names(11)];
  expect(new Set(all).size).toBe(all.length);
  for (const name of names(11)) expect(name).toMatch(/[_.]11([_.]|$)/);
});
