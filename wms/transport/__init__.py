"""Transport: the network of services, planning jobs, proposals, bookings, and departures as they really ran.

The network is not bound to a site or an owner: plans are seen and made only by people who work for the whole house.
"""
