// Package traces keeps the traces of one process that are worth a look: those with an
// error, slow ones, and one in so many. What is kept is known only when a trace has ended
// in this process (tail sampling), so all that is recorded comes here, and most is dropped
// again. How much of a trace is recorded, package telemetry says (TraceOptions.Whole).
//
//	span ends ──> all of the trace's spans here have ended ─┬─ failed, slow, one in N ──> kept
//	                                                        └─ else ──> remembered a while
//
// One in N is chosen by the trace's id, so all processes choose the same. What is not
// kept is remembered for a short while: the console asks all processes for a trace by its
// id, and one that is asked keeps it. What is kept is in memory and in a file of the data
// directory, which survives a restart; both are bounded. Nothing here waits for the disk
// on the path of a request, and what comes too fast is dropped.
package traces
