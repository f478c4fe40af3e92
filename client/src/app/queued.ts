// The kinds of changes that are sent when the network is back, also after a reload. Each feature adds its own.
import "../today/queued";
