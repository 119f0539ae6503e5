// Package traces keeps the traces of one process that are worth a look: those with an
// error, slow ones, and one in so many. What is kept is known only when a trace has ended
// in this process (tail sampling), so all that is recorded comes here, and most is dropped
// again. That has to be cheap: calls come as steps of package telemetry, and not as spans of
// OpenTelemetry, unless they are exported as well.
//
//	work ends ──> nothing of the trace is under way here ─┬─ failed, slow, one in N ──> kept
//	                                                      └─ else ──> remembered a while
//
// One in N is chosen by the trace's id, so all processes choose the same. What is not
// kept is remembered for a short while: the process in which a trace began, and which keeps
// it because it failed or was slow, asks the others for their parts at once (Wanted), as
// the console does when one looks at it; and a process that is asked for a trace by its id
// keeps it. What is kept is in memory and in a file of the data
// directory, which survives a restart; both are bounded. Nothing here waits for the disk
// on the path of a request, and what comes too fast is dropped.
package traces
