// A database and a Redis of one's own; they are gone when this ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type Environment, programs } from './process.ts';

export interface Databases {
  environment: Environment;
  drop(): Promise<void>;
}

export async function freshDatabases(): Promise<Databases> {
  if (!existsSync(programs.database)) {
    throw new Error(`${programs.database} is missing; build it with: cargo build --workspace --bins`);
  }
  const keeper = spawn(programs.database, { stdio: ['pipe', 'pipe', 'inherit'] });
  const environment = await new Promise<Environment>((good, bad) => {
    let line = '';
    keeper.once('exit', () => bad(new Error('there is no database; start one with: cargo xtask services')));
    keeper.stdout.on('data', (bytes) => {
      line += bytes;
      if (line.includes('\n')) good(JSON.parse(line));
    });
  });
  keeper.removeAllListeners('exit');
  return {
    environment,
    async drop() {
      const ended = once(keeper, 'exit');
      keeper.stdin.end();
      await ended;
    },
  };
}
