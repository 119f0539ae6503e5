// Package telemetry is how a process says what it does: log records that name
// the request, the module and the trace they belong to, and what calls did: steps kept here
// (see platform/traces), or spans sent to an OpenTelemetry collector. The latest lines of the log are
// kept in memory for operators.
//
//	log := telemetry.NewLogger(os.Stderr, "json", slog.LevelInfo)
//	shutdown, err := telemetry.Setup(ctx, telemetry.TraceOptions{Endpoint: "collector:4317", Service: "app"})
//
//	ctx = telemetry.WithRequestID(ctx, id) // crosses to other modules and processes
//	ctx = telemetry.WithModule(ctx, "clock")  // does not
//	log.InfoContext(ctx, "ticked")            // {"msg":"ticked","request_id":"…","module":"clock","trace_id":"…"}
//
// Three things hold whatever the callers do. Messages are logged without the fields
// that their contract marks debug_redact. What looks like an identification number
// leaves the process neither in a record nor in a span, see [MaskNumbers]; this is
// the last guard, not a licence to log them. And a collector that is slow, full or
// gone costs spans, never time or requests.
package telemetry
