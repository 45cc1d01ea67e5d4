import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KEY = ['-newkey', 'rsa:2048', '-nodes'] as const;
const DAYS = ['-days', '2'] as const;

/**
 * Makes, in a folder, two authorities (`ca`, `other`) and certificates that `ca` has signed: by name, whom each is for, such
 * as `DNS:localhost`. Of each there is `.crt`, `.key` and both in one `.pem`.
 */
export function makeCertificates(folder: string, subjects: Readonly<Record<string, string>>): void {
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const at = (name: string): string => join(folder, name);
  for (const name of ['ca', 'other']) {
    openssl('req', '-x509', ...KEY, ...DAYS, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.crt`);
  }
  for (const [name, subject] of Object.entries(subjects)) {
    writeFileSync(at(`${name}.ext`), `subjectAltName=${subject}\n`);
    const common = subject.slice(subject.indexOf(':') + 1);
    openssl('req', ...KEY, '-subj', `/CN=${common}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', ...DAYS, '-extfile', `${name}.ext`];
    openssl('x509', '-req', '-in', `${name}.csr`, ...signed, '-out', `${name}.crt`);
    writeFileSync(at(`${name}.pem`), readFileSync(at(`${name}.crt`), 'utf8') + readFileSync(at(`${name}.key`), 'utf8'));
  }
}
