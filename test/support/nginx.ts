import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from './program.js';

/** What stands around a site: Debian's own nginx.conf, and that of nginx's image, include conf.d/*.conf in the same place. */
const MAIN = `
${process.getuid?.() === 0 ? 'user www-data;' : ''}
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  include site.conf;
}
`;

/**
 * Debian's nginx with one file of configuration.
 *
 * @param directory of its own, which others may look into
 */
export function nginxCommand(directory: string, site: string): Command {
  writeFileSync(path.join(directory, 'site.conf'), site);
  writeFileSync(path.join(directory, 'nginx.conf'), MAIN);
  return { file: '/usr/sbin/nginx', args: ['-p', directory, '-c', path.join(directory, 'nginx.conf')] };
}
