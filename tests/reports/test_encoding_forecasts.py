from beir_hybrid.evaluation.encoding.forecast import DevicePace, EncodingForecast
from beir_hybrid.reports.encoding_forecasts import forecast_models


def a_forecast(devices=1):
    return EncodingForecast(
        dataset="miracl",
        counts={"query": 1_000, "document": 999_000},
        sampled=5_096,
        text_bytes=2**30,
        dimensions=768,
        item_bytes=2,
        id_bytes=10.0,
        paces=[DevicePace("cuda:0", 2_048, 7200.0, 7000.0, 7600.0, 2**31)],
        devices=devices,
        driver_bytes=2**29,
        worker_bytes=2**32,
        search_seconds=30.0,
    )


def test_time_is_told_for_one_eight_and_sixty_four_devices_and_those_asked_for():
    table = forecast_models(a_forecast(16))[1]
    pairs = [zip(table.columns, row.entries, strict=True) for row in table.rows]
    rows = [tuple(column.written(entry) for column, entry in each) for each in pairs]
    assert rows[:2] == [("1 x cuda", "2 h 00 min"), ("8 x cuda", "15 min")]
    assert rows[2:] == [("16 x cuda", "7 min 30 s"), ("64 x cuda", "1 min 52 s")]


def test_forecast_says_what_it_was_extrapolated_from():
    note = forecast_models(a_forecast())[0].notes[0]
    assert "the lengths of 5,096 of 1,000,000 texts, and 2,048 encoded on cuda:0" in note
