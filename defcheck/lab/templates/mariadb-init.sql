CREATE USER IF NOT EXISTS '{{ user }}'@'{{ host }}' IDENTIFIED BY '{{ password }}';
GRANT ALL PRIVILEGES ON *.* TO '{{ user }}'@'{{ host }}';
