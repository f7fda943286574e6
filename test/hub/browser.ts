import * as http from 'node:http';
import * as https from 'node:https';

export interface Visited {
  readonly url: string;
  readonly status: number;
  readonly text: string;
}

interface Cookie {
  readonly value: string;
  readonly host: string;
}

/** As a browser: follows redirects, keeps cookies by host, fills in forms. Takes any certificate, as a person who clicks on. */
export class Browser {
  readonly #cookies = new Map<string, Cookie>();

  async get(url: string): Promise<Visited> {
    return await this.#visit(url, 'GET');
  }

  async json(url: string): Promise<unknown> {
    return JSON.parse((await this.get(url)).text);
  }

  async post(url: string, body: object): Promise<Visited> {
    const headers = {
      'content-type': 'application/json',
      origin: new URL(url).origin,
      'sec-fetch-site': 'same-origin',
    };
    return await this.#visit(url, 'POST', JSON.stringify(body), headers);
  }

  /** Fills in the first form of a page, hidden fields included. */
  async submits({ url, text }: Visited, fields: { readonly [name: string]: string }): Promise<Visited> {
    const action = /<form[^>]*action="([^"]+)"/.exec(text)?.[1] ?? url;
    const body = new URLSearchParams(fields);
    for (const [input] of text.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
      const [, name] = /name="([^"]+)"/.exec(input) ?? [];
      const [, value = ''] = /value="([^"]*)"/.exec(input) ?? [];
      if (name !== undefined) body.set(name, value);
    }
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return await this.#visit(new URL(action, url).href, 'POST', body.toString(), headers);
  }

  /** What it keeps, where that is JSON. */
  kept(name: string): { readonly [key: string]: string } {
    const value = [...this.#cookies].find(([key]) => key.endsWith(` ${name}`))?.[1].value ?? '';
    return JSON.parse(Buffer.from(value, 'base64url').toString());
  }

  async #visit(
    url: string,
    method: string,
    body?: string,
    headers: http.OutgoingHttpHeaders = {},
  ): Promise<Visited> {
    const { host } = new URL(url);
    const cookie = [...this.#cookies]
      .filter(([, one]) => one.host === host)
      .map(([key, { value }]) => `${key.split(' ')[1]}=${value}`)
      .join('; ');
    const { status, location, setCookie, text } = await request(
      url,
      method,
      { ...headers, ...(cookie && { cookie }) },
      body,
    );
    for (const one of setCookie) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(one) ?? [];
      const isOver = /max-age=0/i.test(one) || /expires=Thu, 01 Jan 1970/i.test(one);
      if (isOver) this.#cookies.delete(`${host} ${name}`);
      else this.#cookies.set(`${host} ${name}`, { value, host });
    }
    if (status < 300 || status >= 400 || location === undefined) return { url, status, text };
    const next = new URL(location, url).href;
    // Pages of the hub itself are another's business.
    return next.startsWith('https:') && !next.includes('/api/')
      ? { url: next, status, text }
      : await this.#visit(next, 'GET');
  }
}

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly setCookie: readonly string[];
  readonly text: string;
}

function request(
  url: string,
  method: string,
  headers: http.OutgoingHttpHeaders,
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const client = url.startsWith('https:') ? https : http;
    const sent = client.request(
      url,
      { method, headers, rejectUnauthorized: false, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => {
          text += part;
        });
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            location: response.headers.location,
            setCookie: response.headers['set-cookie'] ?? [],
            text,
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
