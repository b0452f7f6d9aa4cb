"""The full lab: the services of OpenStack's platform, on MariaDB and RabbitMQ."""
