/* LTTng-UST, as a program uses it: one tracepoint of three integers. ust EVENTS: prints CPU ns an event.
 * Prints 0 where no session has switched the tracepoint on. */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "step-tracepoint.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Time that this process was given: the machine may be busy with something else. */
static double now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return at.tv_sec * 1e9 + at.tv_nsec;
}

int main(int count, char **given)
{
	int events = count == 2 ? atoi(given[1]) : 0;
	if (!lttng_ust_tracepoint_enabled(heisenwrite_bench, step)) return puts("0"), 0;
	for (int i = 0; i < events / 4; i++) lttng_ust_tracepoint(heisenwrite_bench, step, i, i + 1, i + 2);
	double from = now();
	for (int i = 0; i < events; i++) lttng_ust_tracepoint(heisenwrite_bench, step, i, i + 1, i + 2);
	printf("%.3f\n", (now() - from) / events);
	return 0;
}
