// Loaded into a server that is measured: answers each message with what the process has used.
process.on('message', () => process.send({ cpu: process.cpuUsage(), rss: process.memoryUsage.rss() }));
process.channel?.unref();
