import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

interface Service {
  image: string;
  user?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  mem_limit?: string;
  pids_limit?: number;
  command?: string[];
  environment?: Record<string, string>;
  volumes?: string[];
  healthcheck?: { test: string[] };
  networks: string[] | Record<string, { ipv4_address: string }>;
}

export interface Compose {
  services: Record<string, Service>;
  /** The addresses of the Keyward replicas, in order. */
  replicas: string[];
  /** The environment of each replica, which is the same for all. */
  settings: Record<string, string>;
}

const addressOf = ({ networks }: Service): string => (Array.isArray(networks) ? '' : (networks.keyward?.ipv4_address ?? ''));

/** Reads compose.yaml as Docker Compose does, with these values for its variables. */
export function readCompose(variables: Readonly<Record<string, string>>): Compose {
  const text = readFileSync('compose.yaml', 'utf8')
    .replaceAll(/\$\{(\w+):\?[^}]*\}/g, (_, name: string) => {
      const value = variables[name];
      if (value === undefined) throw new Error(`compose.yaml needs ${name}`);
      return value;
    })
    .replaceAll(/\$\{(\w+):-([^}]*)\}/g, (_, name: string, fallback: string) => variables[name] ?? fallback)
    .replaceAll('$$', '$');
  const { services } = parse(text, { merge: true }) as { services: Record<string, Service> };
  const replicas = Object.entries(services).filter(([name]) => /^keyward-\d+$/.test(name));
  const environments = new Set(replicas.map(([, { environment }]) => JSON.stringify(environment)));
  if (environments.size !== 1) throw new Error('the replicas are not alike');
  return {
    services,
    replicas: replicas.map(([, service]) => addressOf(service)),
    settings: replicas[0]?.[1].environment ?? {},
  };
}
