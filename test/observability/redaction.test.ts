import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact, redactedJson, rememberSecret } from '../../src/observability/redaction.js';

describe('a remembered secret', () => {
  const anySecret = fc
    .string({ unit: 'binary', minLength: 8, maxLength: 30 })
    .filter((text) => !/\p{Surrogate}/u.test(text) && !text.includes('***'));

  it('is gone from any text, also where that is JSON or a URL', () => {
    fc.assert(
      fc.property(anySecret, fc.string(), fc.string(), (secret, before, after) => {
        rememberSecret(secret);
        const forms = [secret, JSON.stringify({ [before]: secret }), `x?${encodeURIComponent(secret)}`];
        for (const form of forms) {
          const redacted = redact(`${before} ${form} ${after}`);
          expect(redacted).not.toContain(secret);
          expect(redacted).not.toContain(JSON.stringify(secret).slice(1, -1));
          expect(redacted).not.toContain(encodeURIComponent(secret));
        }
      }),
    );
  });

  it('is gone whole when another is a part of it', () => {
    rememberSecret('horse');
    rememberSecret('horse-battery');
    expect(redact('horse-battery, horse')).toBe('***, ***');
  });

  it('blacks out no ordinary word', () => {
    rememberSecret('abc');
    rememberSecret('');
    expect(redact('abc and nothing')).toBe('abc and nothing');
  });
});

describe('a secret that nobody remembered', () => {
  it.each([
    ['postgres://backup:hunter2@db:5432/agentic', 'postgres://backup:***@db:5432/agentic'],
    ['https://key:p@ss:w@store.local/bucket', 'https://key:***@store.local/bucket'],
    ['host=db password=hunter2 user=b', 'host=db password=*** user=b'],
    ["password='hunter2'", 'password=***'],
    ['Token: abc.def', 'Token: ***'],
    ["password='two words' user=b", 'password=*** user=b'],
    ['{"password":"hunter2","user":"b"}', '{"password":***,"user":"b"}'],
  ])('is gone from %s', (text, redacted) => {
    expect(redact(text)).toBe(redacted);
  });

  it.each([
    'password authentication failed for user "backup"',
    'http://localhost:9090/ready',
    's3://bucket/prefix',
    'time: 12:30:00',
  ])('is not seen in %s', (text) => {
    expect(redact(text)).toBe(text);
  });
});

describe('redacted JSON', () => {
  it('says the same but for the secrets', () => {
    rememberSecret('correct "horse"\\n');
    const value = {
      message: 'no correct "horse"\\n here; token: abc"}',
      nested: [{ password: 'hunter2', passwordFile: '/run/secrets/password' }, 7, null],
    };
    expect(JSON.parse(redactedJson(value))).toEqual({
      message: 'no *** here; token: ***"}',
      nested: [{ password: '***', passwordFile: '/run/secrets/password' }, 7, null],
    });
  });

  it('stays JSON, whatever is in it', () => {
    const parts = ['password', '=', ':', '"', "'", '\\', ' ', 'x://a:b@', 'c', '}', ','];
    const text = fc.string({ unit: fc.constantFrom(...parts) });
    fc.assert(
      fc.property(text, text, (first, second) => {
        const read = JSON.parse(redactedJson({ first, second })) as object;
        expect(read).toEqual({ first: redact(first), second: redact(second) });
      }),
    );
  });
});
