// A database and a Redis of one's own; they are gone when this ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Environment, programs } from './process.ts';

export interface Databases {
  environment: Environment;
  /** Runs a statement as a superuser, to bring about what otherwise takes long. */
  sql(statement: string): Promise<void>;
  drop(): Promise<void>;
}

export async function freshDatabases(): Promise<Databases> {
  if (!existsSync(programs.database)) {
    throw new Error(`${programs.database} is missing; build it with: cargo build --workspace --bins`);
  }
  const keeper = spawn(programs.database, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(keeper.stdout)[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the keeper of the database has ended; are there servers? cargo xtask services');
    return value as string;
  };
  return {
    environment: JSON.parse(await answer()),
    async sql(statement) {
      keeper.stdin.write(`${statement.replace(/\s+/g, ' ')}\n`);
      await answer();
    },
    async drop() {
      if (keeper.exitCode !== null) return;
      const ended = once(keeper, 'exit');
      keeper.stdin.end();
      await ended;
    },
  };
}
