// The whole product: databases, simulator, server. Started from nothing, ended to nothing.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Databases, freshDatabases } from './database.ts';
import { type Environment, freePort, Program, programs } from './process.ts';

/** What tests need to know of a running product; plain data, so that it can be handed to other processes. */
export interface Place {
  url: string;
  simulator: string;
  environment: Environment;
}

export class Product {
  private constructor(
    readonly place: Place,
    private readonly databases: Databases,
    private readonly simulator: Program,
    private server: Program,
    private readonly files: string,
  ) {}

  /** `speed` is how much faster than people the simulated people talk. */
  static async start(name: string, speed: number): Promise<Product> {
    const databases = await freshDatabases();
    const files = mkdtempSync(join(tmpdir(), 'phony-browser-'));
    const port = await freePort();
    const simulatorPort = await freePort();
    const mailPort = await freePort();
    const namesPort = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const simulatorUrl = `http://127.0.0.1:${simulatorPort}`;
    const account = {
      TWILIO_ACCOUNT_SID: `AC${randomBytes(16).toString('hex')}`,
      TWILIO_AUTH_TOKEN: randomBytes(16).toString('hex'),
    };
    const environment: Environment = {
      ...databases.environment,
      ...account,
      BIND: '127.0.0.1',
      PORT: String(port),
      PUBLIC_URL: url,
      PHONY_MASTER_KEY: randomBytes(32).toString('base64'),
      TWILIO_API_URL: simulatorUrl,
      // Providers that tenants name are on this machine here.
      TENANT_URLS_LOOPBACK: 'on',
      DNS_SERVER: `127.0.0.1:${namesPort}`,
      OPENAI_API_KEY: 'sk-simulated',
      OPENAI_BASE_URL: `${simulatorUrl}/v1`,
      // The machine of a test run is busy with other things.
      MAX_LATENESS_MS: '0',
      // Journeys are quicker than people, and all of them come from one address.
      RATE_LIMITS:
        'api.read=100000/1,api.write=100000/1,calls.create=10000/1,exports=10000/1,auth=10000/1,auth.renew=10000/1',
      OPENAI_REALTIME_URL: `ws://127.0.0.1:${simulatorPort}/v1/realtime`,
      SMTP_URL: `smtp://127.0.0.1:${mailPort}`,
      RECORDINGS_URL: `file:${files}`,
      DATABASE_CONNECTIONS: '20',
      WORKERS: '2',
      LOG_FORMAT: 'text',
    };
    const simulator = await Program.start(
      `simulator-${name}`,
      programs.simulator,
      [
        ['--port', simulatorPort],
        ['--smtp-port', mailPort],
        ['--dns-port', namesPort],
        ['--speed', speed],
      ].flatMap((flag) => flag.map(String)),
      account,
      `${simulatorUrl}/sim/health`,
    );
    const place = { url, simulator: simulatorUrl, environment };
    const server = await Product.serve(name, place);
    return new Product(place, databases, simulator, server, files);
  }

  private static serve(name: string, place: Place): Promise<Program> {
    return Program.start(`phony-${name}`, programs.phony, [], place.environment, `${place.url}/readyz`);
  }

  /** The server is gone from one moment to the next, as in a crash. */
  crash(): Promise<void> {
    return this.server.stop('SIGKILL');
  }

  /** The server comes up again at the same address. */
  async restart(name: string): Promise<void> {
    this.server = await Product.serve(name, this.place);
  }

  /** Runs a statement as a superuser, to bring about what otherwise takes long. */
  sql(statement: string): Promise<void> {
    return this.databases.sql(statement);
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await this.simulator.stop();
    await this.databases.drop();
    rmSync(this.files, { recursive: true, force: true });
  }
}
