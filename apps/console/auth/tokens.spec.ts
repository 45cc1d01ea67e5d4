import { describe, expect, test } from '@jest/globals';
import { refuseOpenDoor, Tokens } from './tokens.js';

const TOKENS = 'ops:sixteen-letters-1, ci:sixteen:letters-2\nnight:sixteen-letters-3';

describe('tokens', () => {
  test('are known by their names, whatever they are separated by', () => {
    const tokens = Tokens.of(TOKENS);
    expect(tokens.nameOf('sixteen-letters-1')).toBe('ops');
    expect(tokens.nameOf('sixteen:letters-2')).toBe('ci');
    expect(tokens.nameOf('sixteen-letters-3')).toBe('night');
    expect(Tokens.secretsOf(TOKENS)).toEqual(['sixteen-letters-1', 'sixteen:letters-2', 'sixteen-letters-3']);
  });

  test.each(['', 'ops', 'ops:sixteen-letters-1', 'sixteen-letters-', 'sixteen-letters-11', 'SIXTEEN-LETTERS-1'])(
    'are none of these: %p',
    (token) => {
      expect(Tokens.of(TOKENS).nameOf(token)).toBeUndefined();
    },
  );

  test('are not needed where there are none', () => {
    expect(Tokens.of(undefined).areNeeded).toBe(false);
    expect(Tokens.of(undefined).nameOf('')).toBeUndefined();
  });
});

describe('a console without tokens', () => {
  test.each(['127.0.0.1', '127.8.9.1', '::1', 'localhost'])('is served at %s', (host) => {
    expect(() => refuseOpenDoor(Tokens.of(undefined), host)).not.toThrow();
  });

  test.each(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example', 'millrace.example'])('is not served at %s', (host) => {
    expect(() => refuseOpenDoor(Tokens.of(undefined), host)).toThrow('MILLRACE_CONSOLE_TOKENS');
    expect(() => refuseOpenDoor(Tokens.of(TOKENS), host)).not.toThrow();
  });
});
