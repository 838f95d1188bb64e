import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from './program.js';

/** The configuration around a site. Debian’s nginx.conf and that of nginx’s image include conf.d/*.conf in the same place. */
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
 * Describes how to start Debian’s nginx with one configuration file.
 *
 * @param directory for its files, which other users can enter
 */
export function nginxCommand(directory: string, site: string): Command {
  writeFileSync(path.join(directory, 'site.conf'), site);
  writeFileSync(path.join(directory, 'nginx.conf'), MAIN);
  return { file: '/usr/sbin/nginx', args: ['-p', directory, '-c', path.join(directory, 'nginx.conf')] };
}
