/* The event of the LTTng-UST peer: three integers. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER heisenwrite_bench
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "step-tracepoint.h"
#if !defined(STEP_TRACEPOINT_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define STEP_TRACEPOINT_H
#include <lttng/tracepoint.h>
LTTNG_UST_TRACEPOINT_EVENT(heisenwrite_bench, step, LTTNG_UST_TP_ARGS(int, a, int, b, int, c),
                           LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(int, a, a)
                                               lttng_ust_field_integer(int, b, b)
                                               lttng_ust_field_integer(int, c, c)))
#endif
#include <lttng/tracepoint-event.h>
