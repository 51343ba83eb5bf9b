"""Where the parts become one Django project: settings, urls, WSGI."""
