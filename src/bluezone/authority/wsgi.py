"""Entry point for any WSGI server; ``bluezone serve`` needs none besides itself."""

import os

from django.core.wsgi import get_wsgi_application

from bluezone.authority.device_requests import DeviceRequests

__all__ = ["application"]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bluezone.authority.settings")
application = DeviceRequests(get_wsgi_application())
