// Programs that are started, waited for and ended by their process id.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../../..');
/** Pictures, logs and results; another place for a second run at the same time. */
export const output = resolve(process.env.PHONY_BROWSER_OUTPUT ?? join(import.meta.dirname, '../output'));

const phony = process.env.PHONY_BIN ?? join(root, 'target/debug/phony');

export const programs = {
  phony,
  simulator: process.env.PHONY_SIMULATOR_BIN ?? join(root, 'target/debug/phony-simulator'),
  // Built with the others, so it lies beside them.
  database: process.env.PHONY_DATABASE_BIN ?? join(dirname(phony), 'fresh-database'),
};

export type Environment = Record<string, string>;

/** What a program needs of the environment that is not about the product. */
function bare(): Environment {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'RUST_BACKTRACE'];
  return Object.fromEntries(kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** Waits for a condition, with a bound. */
export async function until(what: string, ms: number, good: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + ms;
  while (!(await good())) {
    if (Date.now() > end) throw new Error(`${what} did not happen within ${ms} ms`);
    await new Promise((go) => setTimeout(go, 50));
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** A program that serves until it is stopped; its words go to a file. */
export class Program {
  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    private readonly log: string,
  ) {}

  static async start(
    name: string,
    binary: string,
    args: string[],
    environment: Environment,
    health: string,
  ): Promise<Program> {
    if (!existsSync(binary)) {
      throw new Error(`${binary} is missing; build it with: cargo build --workspace --bins`);
    }
    const log = join(output, 'logs', `${name}.log`);
    mkdirSync(dirname(log), { recursive: true });
    const file = openSync(log, 'a');
    const child = spawn(binary, args, {
      env: { ...bare(), ...environment },
      stdio: ['ignore', file, file],
    });
    closeSync(file);
    const program = new Program(name, child, log);
    await until(`the start of ${name}`, 120_000, async () => {
      if (child.exitCode !== null) throw new Error(`${name} has ended:\n${program.lastWords()}`);
      return fetch(health).then(
        (answer) => answer.ok,
        () => false,
      );
    });
    return program;
  }

  private lastWords(): string {
    return readFileSync(this.log, 'utf8').split('\n').slice(-15).join('\n');
  }

  /** Ends it: in order, or at once as a crash would. */
  async stop(how: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(how);
    // An orderly end waits for the calls on the line; a test does not.
    const late = setTimeout(() => child.kill('SIGKILL'), 4_000);
    await ended;
    clearTimeout(late);
  }
}

/** Runs a program to its end and gives what it printed. */
export async function run(
  binary: string,
  args: string[],
  environment: Environment,
  input: string,
): Promise<string> {
  const child = spawn(binary, args, { env: { ...bare(), ...environment }, stdio: 'pipe' });
  let said = '';
  let complained = '';
  child.stdout.on('data', (bytes) => {
    said += bytes;
  });
  child.stderr.on('data', (bytes) => {
    complained += bytes;
  });
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${binary} ${args.join(' ')} failed:\n${complained}`);
  return said;
}
