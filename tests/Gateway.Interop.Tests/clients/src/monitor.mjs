// Follows /hubs/monitor with Microsoft's own client, as a wallboard would: monitor.mjs URL KEY [DROP-AFTER]. Every event is a
// line of JSON. After DROP-AFTER numbered events it drops the connection and comes back with its number.
import { HubConnectionBuilder, HttpTransportType, LogLevel } from '@microsoft/signalr';

const [, , url, key, dropAfter] = process.argv;
let last = null;
let left = Number(dropAfter ?? 0);

const connect = async () => {
  const hub = new HubConnectionBuilder()
    .withUrl(`${url}/hubs/monitor`, { transport: HttpTransportType.WebSockets, headers: { Authorization: `Bearer ${key}` } })
    .configureLogging(LogLevel.Error)
    .build();
  await hub.start();
  const snapshot = await hub.invoke('Snapshot');
  console.log(JSON.stringify({ type: 'snapshot', calls: snapshot.calls.length, registrations: snapshot.registrations.length }));
  hub.stream('Subscribe', last).subscribe({
    next: (event) => {
      console.log(JSON.stringify(event));
      last = event.sequence;
      if (event.type.startsWith('call.') && --left === 0) {
        hub.stop().then(() => setTimeout(connect, 1500));
      }
    },
    error: (fault) => console.log(JSON.stringify({ type: 'error', message: String(fault) })),
    complete: () => {},
  });
};

connect().catch((fault) => { console.log(JSON.stringify({ type: 'error', message: String(fault) })); process.exit(1); });
