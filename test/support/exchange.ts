import { type IncomingHttpHeaders, request } from 'node:http';

export interface Exchange {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface ExchangeOptions {
  method?: string;
  /** A header that is undefined is not sent. */
  headers?: Readonly<Record<string, string | undefined>>;
  body?: string;
}

/** Sends one request with exactly these headers, and Host if they have none. The path is sent as it is. */
export function exchange(port: number, path: string, { method = 'GET', headers = {}, body }: ExchangeOptions = {}): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) as Record<string, string>;
    const outgoing = request({ host: '127.0.0.1', port, path, method, headers: sent, agent: false });
    outgoing.on('error', reject).on('response', async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
    });
    outgoing.end(body);
  });
}
