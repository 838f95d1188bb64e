import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** A product that embeds the element: examples/element, on an origin of its own. */
export interface Product {
  url: string;
  stop(): Promise<unknown>;
}

/** Starts the example with a service token of a running server. */
export async function startProduct(keyward: string, serviceToken: string, port: number): Promise<Product> {
  const child = spawn(process.execPath, [path.resolve('examples/element/backend.mjs')], {
    env: { PATH: process.env.PATH ?? '', PORT: `${port}`, KEYWARD_URL: keyward, KEYWARD_TOKEN: serviceToken },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'close');
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      const [, address] = /listens at (http:\S+)\n/.exec(output) ?? [];
      if (address) resolve(address);
    });
    void exited.then(() => reject(new Error('the example ended before it listened')));
  });
  const stop = () => {
    child.kill();
    return exited;
  };
  return { url, stop };
}
