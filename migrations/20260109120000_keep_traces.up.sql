-- The span (W3C traceparent) of the request that asked for the current run: the job continues its trace.
ALTER TABLE submissions
ADD COLUMN traceparent text CHECK (octet_length(traceparent) <= 64);
