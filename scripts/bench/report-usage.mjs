// Loaded into a measured server. Answers each message with the CPU time and the memory of the process.
process.on('message', () => process.send?.({ cpu: process.cpuUsage(), rss: process.memoryUsage.rss() }));
process.channel?.unref();
