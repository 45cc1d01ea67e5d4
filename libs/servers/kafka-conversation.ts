import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const API = { METADATA: 3, SASL_HANDSHAKE: 17, CREATE_TOPICS: 19, SASL_AUTHENTICATE: 36 } as const;

export interface KafkaUser {
  username: string;
  password: string;
}

const int16 = (value: number): Buffer => numeric(2, (bytes) => bytes.writeInt16BE(value));
const int32 = (value: number): Buffer => numeric(4, (bytes) => bytes.writeInt32BE(value));
const text = (value: string): Buffer => Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);

function numeric(size: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(size);
  write(bytes);
  return bytes;
}

/** For tests of the server: the few requests that show what it has and whom it lets in, one at a time. */
export class KafkaConversation implements Disposable {
  private received = Buffer.alloc(0);

  constructor(private readonly socket: Socket) {
    socket.on('error', () => {}); // Comes to `ask` as well.
  }

  static on(port: number): KafkaConversation {
    return new KafkaConversation(connect(port, '127.0.0.1'));
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  /** The names of all topics. */
  async topics(): Promise<string[]> {
    const answer = new Answer(await this.ask(API.METADATA, 1, int32(-1)));
    answer.many(() => [answer.int32(), answer.text(), answer.int32(), answer.text()]);
    answer.int32();
    return answer.many(() => {
      const [, name] = [answer.int16(), answer.text(), answer.skip(1)];
      answer.many(() => {
        answer.skip(10);
        for (const _ of ['replicas', 'in sync']) answer.many(() => answer.int32());
      });
      return name;
    });
  }

  /** Resolves when the broker lists it: its answer comes from the controller, and what a broker knows follows that. */
  async createTopic(name: string): Promise<void> {
    const topic = [text(name), int32(1), int16(1), int32(0), int32(0)];
    const answer = new Answer(await this.ask(API.CREATE_TOPICS, 2, int32(1), ...topic, int32(10_000), Buffer.alloc(1)));
    answer.skip(4);
    const [code] = answer.many(() => [answer.text(), answer.int16(), answer.text()][1]);
    if (code !== 0) throw new Error(`topic ${name} was not made: ${code}`);
    const patience = AbortSignal.timeout(10_000);
    while (!(await this.topics()).includes(name)) await delay(20, undefined, { signal: patience });
  }

  /** The error code of the handshake, 0 where the mechanism is there. */
  async offer(mechanism: string): Promise<number> {
    return new Answer(await this.ask(API.SASL_HANDSHAKE, 1, text(mechanism))).int16();
  }

  async authenticate(message: string): Promise<{ code: number; message: string }> {
    const bytes = Buffer.from(message);
    const answer = new Answer(await this.ask(API.SASL_AUTHENTICATE, 0, int32(bytes.length), bytes));
    const code = answer.int16();
    answer.text();
    return { code, message: answer.skip(answer.int32()).toString() };
  }

  /** Rejects where the connection ends instead. */
  private ask(api: number, version: number, ...body: Buffer[]): Promise<Buffer> {
    const request = Buffer.concat([int16(api), int16(version), int32(0), int16(-1), ...body]);
    this.socket.write(Buffer.concat([int32(request.length), request]));
    return new Promise((resolve, reject) => {
      const take = (chunk: Buffer): void => {
        this.received = Buffer.concat([this.received, chunk]);
        const size = this.received.length < 4 ? Number.POSITIVE_INFINITY : this.received.readInt32BE(0) + 4;
        if (this.received.length < size) return;
        this.socket.off('data', take).off('error', reject);
        resolve(this.received.subarray(8, size));
        this.received = this.received.subarray(size);
      };
      this.socket.on('data', take).once('error', reject);
      this.socket.once('close', () => reject(new Error('The connection was closed.')));
    });
  }
}

class Answer {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  skip(size: number): Buffer {
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }

  int16 = (): number => this.skip(2).readInt16BE(0);
  int32 = (): number => this.skip(4).readInt32BE(0);
  text = (): string => this.skip(Math.max(0, this.int16())).toString();

  many<T>(one: () => T): T[] {
    return Array.from({ length: this.int32() }, one);
  }
}

/** Logs in by PLAIN; gives the error code. */
export async function plain(conversation: KafkaConversation, mechanism: string, user: KafkaUser): Promise<number> {
  const refused = await conversation.offer(mechanism);
  return refused || (await conversation.authenticate(`\0${user.username}\0${user.password}`)).code;
}

/** Logs in by SCRAM; gives the error code. */
export async function scram(conversation: KafkaConversation, mechanism: string, user: KafkaUser): Promise<number> {
  const refused = await conversation.offer(mechanism);
  if (refused) return refused;
  const hash = mechanism === 'SCRAM-SHA-512' ? 'sha512' : 'sha256';
  const hmac = (key: Buffer, message: string): Buffer => createHmac(hash, key).update(message).digest();
  const first = `n=${user.username},r=${randomBytes(12).toString('hex')}`;
  const challenge = await conversation.authenticate(`n,,${first}`);
  if (challenge.code) return challenge.code;
  const [, nonce = '', salt = '', rounds = ''] = /^r=(.*),s=(.*),i=(\d+)$/.exec(challenge.message) ?? [];
  const length = hash === 'sha512' ? 64 : 32;
  const salted = pbkdf2Sync(user.password, Buffer.from(salt, 'base64'), Number(rounds), length, hash);
  const key = hmac(salted, 'Client Key');
  const last = `c=biws,r=${nonce}`;
  const signature = hmac(createHash(hash).update(key).digest(), `${first},${challenge.message},${last}`);
  const proof = key.map((byte, at) => byte ^ (signature[at] ?? 0));
  return (await conversation.authenticate(`${last},p=${Buffer.from(proof).toString('base64')}`)).code;
}
