import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { packClient } from '../../scripts/lib/pack-client.mjs';
import { npm } from '../../scripts/lib/pack-folder.mjs';

type Client = typeof import('../../client/src/index.js');

/** A project outside of the sources in which the packed client is installed. */
export interface ClientProject {
  folder: string;
  /** Path of the tarball. */
  tarball: string;
  /** Returns the module of the installed package. */
  load(): Promise<Client>;
  remove(): void;
}

/**
 * Packs the client and installs the tarball in a new folder. The folder is below the repository, so that a program in it finds
 * Fastify, Express and Apollo Server.
 */
export function installClient(): ClientProject {
  mkdirSync('.cache', { recursive: true });
  const folder = mkdtempSync(path.resolve('.cache/client-'));
  const tarball = packClient(folder);
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  npm(['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball], folder);
  return {
    folder,
    tarball,
    load: () => {
      // A file in the project, so that the name is resolved by the `exports` of the package.
      const file = path.join(folder, 'load.mjs');
      writeFileSync(file, "export * from '@keyward/client';\n");
      return import(file);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A program that listens. */
export interface Program {
  url: string;
  output(): string;
  stop(): Promise<unknown>;
}

/** Starts a program of the project, and waits until it prints the URL at which it listens. */
export async function startProgramIn(project: ClientProject, file: string, env: Record<string, string>): Promise<Program> {
  const child: ChildProcess = spawn(process.execPath, [path.join(project.folder, file)], {
    cwd: project.folder,
    env: { PATH: process.env.PATH ?? '', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'close');
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
        const [, address] = /listens at (http:\S+)\n/.exec(output) ?? [];
        if (address) resolve(address.replace(/\/$/, ''));
      });
    }
    void exited.then(() => reject(new Error(`${file} ended before it listened: ${output}`)));
  });
  const stop = () => {
    child.kill();
    return exited;
  };
  return { url, output: () => output, stop };
}

/** Runs a program of this repository in the project. */
export function runIn(project: ClientProject, script: string, ...args: string[]): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.resolve(script), ...args], {
    cwd: project.folder,
    encoding: 'utf8',
  });
  return { code: status, output: stdout + stderr };
}
