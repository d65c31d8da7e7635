// A provider of identities (OpenID Connect): discovery, a page that asks who one is, codes with proof keys, signed tokens.
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface Claims {
  sub: string;
  email: string;
  email_verified: boolean;
  name: string;
}

interface Grant {
  claims: Claims;
  nonce: string;
  challenge: string;
  redirect: string;
}

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keyId = 'browser-journeys';
const text = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

export class Provider {
  readonly #grants = new Map<string, Grant>();
  private constructor(
    readonly issuer: string,
    private readonly server: Server,
    private readonly clientId: string,
    private readonly secret: string,
    private readonly people: readonly Claims[],
  ) {}

  /** Knows these people, and lets in whoever presses their name. */
  static async start(clientId: string, secret: string, people: readonly Claims[]): Promise<Provider> {
    let provider: Provider | undefined;
    const server = createServer((request, response) => {
      provider?.answer(request, response).catch((error) => {
        response.statusCode = 400;
        response.end(String(error));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    provider = new Provider(`http://127.0.0.1:${address.port}`, server, clientId, secret, people);
    return provider;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.issuer);
    const json = (value: object) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(value));
    };
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return json({
          issuer: this.issuer,
          authorization_endpoint: `${this.issuer}/authorize`,
          token_endpoint: `${this.issuer}/token`,
          jwks_uri: `${this.issuer}/keys`,
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['RS256'],
          token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
          code_challenge_methods_supported: ['S256'],
        });
      case '/keys':
        return json({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: keyId, use: 'sig', alg: 'RS256' }] });
      case '/authorize':
        return this.askWho(url, response);
      case '/enter':
        return this.enter(url, response);
      case '/token': {
        let body = '';
        for await (const part of request) body += part;
        return json(this.exchange(new URLSearchParams(body), request.headers.authorization ?? ''));
      }
      default:
        response.statusCode = 404;
        response.end();
    }
  }

  private askWho(url: URL, response: ServerResponse): void {
    if (url.searchParams.get('client_id') !== this.clientId) throw new Error('an unknown client');
    if (url.searchParams.get('code_challenge_method') !== 'S256') throw new Error('no proof key');
    const links = this.people.map(({ sub, name }) => {
      const to = new URL('/enter', this.issuer);
      to.search = url.search;
      to.searchParams.set('who', sub);
      return `<li><a href="${to.href.replaceAll('&', '&amp;')}">${name}</a></li>`;
    });
    const back = new URL(url.searchParams.get('redirect_uri') ?? '');
    back.searchParams.set('error', 'access_denied');
    back.searchParams.set('state', url.searchParams.get('state') ?? '');
    const no = `<a href="${back.href.replaceAll('&', '&amp;')}">No</a>`;
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><title>Who are you?</title><h1>Who are you?</h1><ul>${links.join('')}</ul>${no}`);
  }

  private enter(url: URL, response: ServerResponse): void {
    const of = (name: string) => url.searchParams.get(name) ?? '';
    const claims = this.people.find(({ sub }) => sub === of('who'));
    if (!claims) throw new Error('nobody');
    const code = randomUUID();
    const redirect = of('redirect_uri');
    this.#grants.set(code, { claims, nonce: of('nonce'), challenge: of('code_challenge'), redirect });
    const back = new URL(redirect);
    back.searchParams.set('code', code);
    back.searchParams.set('state', of('state'));
    back.searchParams.set('iss', this.issuer);
    response.statusCode = 302;
    response.setHeader('location', back.href);
    response.end();
  }

  private exchange(form: URLSearchParams, authorization: string): object {
    const basic = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString();
    const given = basic || `${form.get('client_id')}:${form.get('client_secret')}`;
    if (decodeURIComponent(given) !== `${this.clientId}:${this.secret}`) throw new Error('a wrong client');
    const grant = this.#grants.get(form.get('code') ?? '');
    this.#grants.delete(form.get('code') ?? '');
    const proof = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url');
    if (!grant || grant.challenge !== proof || grant.redirect !== form.get('redirect_uri')) throw new Error('no grant');
    const now = Math.floor(Date.now() / 1_000);
    const payload = {
      iss: this.issuer,
      aud: this.clientId,
      iat: now,
      exp: now + 300,
      auth_time: now,
      nonce: grant.nonce,
      ...grant.claims,
    };
    const signed = `${text({ alg: 'RS256', typ: 'JWT', kid: keyId })}.${text(payload)}`;
    const signature = sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url');
    return { access_token: randomUUID(), token_type: 'Bearer', expires_in: 300, id_token: `${signed}.${signature}` };
  }
}
