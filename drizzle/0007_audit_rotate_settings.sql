-- The function writes times as text into its statements: under a foreign DateStyle or time zone it made partitions of wrong months.
ALTER FUNCTION public.audit_rotate(integer) SET datestyle = 'ISO, YMD' SET timezone = 'UTC';
