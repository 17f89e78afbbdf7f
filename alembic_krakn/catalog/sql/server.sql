-- The server's version, as the number that server_version_num gives (150018 for 15.18), and the database's encoding.
SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding
