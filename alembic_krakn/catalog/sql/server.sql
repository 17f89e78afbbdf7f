-- The server's version, as the number that server_version_num gives: 150018 for 15.18.
SELECT current_setting('server_version_num')::int AS version
