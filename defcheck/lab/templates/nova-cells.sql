-- What `nova-manage cell_v2` does in 20 s. The URLs are templates that each service fills
-- from its own configuration, so that other ports need no other rows.
INSERT IGNORE INTO cell_mappings
  (created_at, uuid, name, transport_url, database_connection, disabled) VALUES
  (NOW(), '00000000-0000-0000-0000-000000000000', 'cell0', 'none:///',
   '{scheme}://{username}:{password}@{hostname}:{port}/{{ cell0 }}?{query}', 0),
  (NOW(), '5a8f2f0e-3a5d-4a6e-9c55-0d1c0a6f7c11', 'cell1',
   '{scheme}://{username}:{password}@{hostname}:{port}/{path}',
   '{scheme}://{username}:{password}@{hostname}:{port}/{path}?{query}', 0);
INSERT IGNORE INTO host_mappings (created_at, cell_id, host)
  SELECT NOW(), id, '{{ host }}' FROM cell_mappings WHERE name = 'cell1';
