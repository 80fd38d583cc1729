"""Goods that are drawn down: exempt materials of a list (E31), and goods imported temporarily (G11) that leave again (G21)."""

from tests.journeys.walking import codes, lodged
from tests.passing.test_drawing import exempt, file, leaving, left, temporary


def test_materials_for_export_production_draw_a_list_down_to_the_last_kilogram(rig):
    number = file(rig, "1000")
    for count, rest in ((400, 600), (599, 1), (1, 0)):
        answer = lodged(rig, exempt(number, count))
        assert (answer["payable_vnd"], answer["state"]) == (0, "cleared")
        assert left(rig, f"{number}/1") == rest
    status, answer = rig.lodge(exempt(number, 1))
    assert status == 422 and codes(answer) == ["HD-GOODS-SHORT"]
    (finding,) = answer["findings"]
    assert "chỉ còn 0 KGM" in finding["text_vi"] and "has 0 KGM left, 1 are declared" in finding["text_en"]
    assert finding["pointer"] == "/declaration/items/0/exemption_list_no"
    assert rig.violations() == []


def test_goods_imported_temporarily_leave_to_the_last_kilogram(rig):
    inward = temporary(rig, 100)
    assert left(rig, f"{inward[:11]}/1") is None, "nothing is on file before something leaves"
    first = rig.lodge(leaving(inward, 60))
    assert first[0] == 201, first[1]
    assert left(rig, f"{inward[:11]}/1") == 40
    answer = rig.lodge(leaving(inward, 41))[1]
    assert codes(answer) == ["HD-GOODS-SHORT"] and "40 KGM" in answer["findings"][0]["text_en"]
    assert rig.lodge(leaving(inward, 40))[0] == 201
    assert codes(rig.lodge(leaving(inward, 1))[1]) == ["HD-GOODS-SHORT"]
    number = first[1]["declaration_no"]
    assert rig.cancel(number, case="not_exported")[0] == 200 and rig.decide(number)[0] == 200
    assert left(rig, f"{inward[:11]}/1") == 60
    assert rig.lodge(leaving(inward, 60))[0] == 201
    assert rig.violations() == []
