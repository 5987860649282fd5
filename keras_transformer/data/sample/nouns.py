# ruff: noqa: E501 (Hangul counts double, and a table row is one line)
"""The nouns, the people and the places of the sample corpus, as tables.

``~`` marks an uncountable English noun, ``+`` one that is always plural (pants), ``*`` one that is
plural unless counted (eggs), ``@`` a counter other than that of the class. Words that mean several things are not here but in ``senses.py``.
"""

from __future__ import annotations

from keras_transformer.data.sample.words import Noun, Person, Place

NOUN_TABLE = {
    "dish 개": "김치=kimchi~, 비빔밥=bibimbap~@그릇, 불고기=bulgogi~, 라면=ramen~@그릇, 국수=noodles+@그릇, "
    "만두=dumplings*, 피자=pizza~, 카레=curry~, 샐러드=salad~, 떡볶이=tteokbokki~, 김밥=gimbap~, "
    "스파게티=spaghetti~",
    "food 개": "밥=rice~@그릇, 빵=bread~, 치즈=cheese~, 초콜릿=chocolate~, 아이스크림=ice cream~, "
    "샌드위치=sandwich, 햄버거=hamburger, 과자=cookies*, 계란=eggs*, 두부=tofu~",
    "meat 개": "고기=meat~, 생선=fish~, 소시지=sausages*",
    "fruit 개": "바나나=banana, 오렌지=orange, 딸기=strawberries*, 수박=watermelon, 복숭아=peach, "
    "귤=tangerines*, 토마토=tomatoes*, 참외=melon",
    "vegetable 개": "감자=potatoes*, 고구마=sweet potatoes*, 당근=carrots*, 양파=onions*, 오이=cucumber, "
    "버섯=mushrooms*",
    "drink 잔": "물=water~, 커피=coffee~, 우유=milk~, 주스=juice~, 맥주=beer~, 와인=wine~, "
    "콜라=cola~",
    "book 권": "책=book, 소설=novel, 잡지=magazine, 만화책=comic book, 사전=dictionary",
    "text 개": "편지=letter@통, 시=poem@편, 이메일=email@통, 보고서=report, 일기=diary, 동화=fairy tale@편, "
    "신문=newspaper@부",
    "clothes 벌": "치마=skirt, 바지=pants+, 셔츠=shirt, 코트=coat, 원피스=dress, 한복=hanbok, "
    "스웨터=sweater, 재킷=jacket",
    "shoes 켤레": "구두=shoes+, 운동화=sneakers+, 양말=socks+, 부츠=boots+, 슬리퍼=slippers+",
    "headwear 개": "모자=hat, 안경=glasses+, 마스크=mask, 선글라스=sunglasses+",
    "handwear 개": "장갑=gloves+, 반지=ring",
    "device 대": "컴퓨터=computer, 텔레비전=television, 라디오=radio, 에어컨=air conditioner, "
    "세탁기=washing machine, 카메라=camera, 노트북=laptop, 선풍기=fan, 휴대폰=cell phone",
    "thing 개": "가방=bag, 우산=umbrella, 지갑=wallet, 열쇠=key, 인형=doll, 장난감=toy, 시계=clock, "
    "꽃병=vase, 거울=mirror, 담요=blanket, 베개=pillow, 선물=present, 램프=lamp, 달력=calendar, "
    "컵=cup, 접시=plate, 숟가락=spoon, 수건=towel, 비누=soap~, 칫솔=toothbrush",
    "stationery 개": "연필=pencil@자루, 공책=notebook@권, 지우개=eraser, 가위=scissors+, 지도=map@장, "
    "카드=card@장, 우표=stamp@장, 종이=paper~@장",
    "paper 장": "사진=photo, 그림=painting, 표=ticket",
    "furniture 개": "책상=desk, 의자=chair, 침대=bed, 소파=sofa, 식탁=table, 책장=bookcase, "
    "냉장고=refrigerator, 옷장=wardrobe",
    "transport 대": "버스=bus, 지하철=subway, 기차=train, 택시=taxi, 비행기=plane",
    "bike 대": "자전거=bicycle, 오토바이=motorcycle",
    "pet 마리": "개=dog, 고양이=cat, 새=bird, 토끼=rabbit, 거북이=turtle",
    "farm 마리": "소=cow, 돼지=pig, 닭=chicken, 오리=duck, 양=sheep, 염소=goat",
    "zoo 마리": "호랑이=tiger, 사자=lion, 코끼리=elephant, 원숭이=monkey, 곰=bear, 기린=giraffe, "
    "여우=fox",
    "plant 그루": "나무=tree, 소나무=pine tree, 꽃=flowers*@송이, 장미=roses*@송이, 해바라기=sunflowers*@송이",
    "show 편": "영화=movie, 드라마=drama, 연극=play, 만화 영화=cartoon",
    "music 곡": "음악=music~, 노래=song",
    "general 개": "음식=food~, 과일=fruit~, 옷=clothes+",
    "language 개": "한국어=Korean~, 영어=English~, 중국어=Chinese~, 일본어=Japanese~, "
    "프랑스어=French~, 독일어=German~, 스페인어=Spanish~",
    "subject 개": "수학=math~, 역사=history~, 과학=science~, 경제학=economics~, 미술=art~, "
    "물리학=physics~",
    "instrument 대": "피아노=piano, 기타=guitar, 드럼=drums+",
    "strings 대": "바이올린=violin, 첼로=cello",
    "ball sport 개": "축구=soccer~, 야구=baseball~, 농구=basketball~, 배구=volleyball~",
    "racket sport 개": "테니스=tennis~, 탁구=table tennis~, 골프=golf~, 배드민턴=badminton~",
    "lesson 개": "수영=swimming~, 태권도=taekwondo~, 요리=cooking~, 춤=dance~",
    "chore 개": "설거지=dishes+, 빨래=laundry~, 숙제=homework~",
    "room 개": "창문=window, 문=door",
    "body 개": "머리=head, 손=hand, 발=foot, 목=neck, 허리=back, 팔=arm, 무릎=knee, 귀=ear, "
    "코=nose, 어깨=shoulder, 손가락=finger, 얼굴=face",
    "nature 개": "산=mountain, 강=river, 바다=sea, 하늘=sky, 별=stars*, 달=moon, 길=road, 돌=stone, "
    "비=rain~, 바람=wind~, 구름=clouds*, 날씨=weather~",
    "talk 개": "이야기=story, 질문=question, 대답=answer, 이름=name, 꿈=dream, 소식=news~, "
    "비밀=secret, 약속=promise",
    "work 개": "일=work~, 회의=meeting, 수업=class, 시험=exam, 문제=problem, 여행=trip, 운동=exercise~, "
    "게임=game, 생일=birthday, 휴가=vacation, 파티=party, 돈=money~, 시간=time~, 계획=plan",
    "waste 개": "쓰레기=trash~, 상자=box",
    "coin 개": "동전=coin, 조개=seashells*, 낙엽=fallen leaves+",
    "ball 개": "공=ball",
    "game 개": "축구 경기=soccer game, 야구 경기=baseball game, 콘서트=concert, 전시회=exhibition",
}


def _noun(text: str, kind: str, counter: str) -> Noun:
    text, _, own_counter = text.partition("@")
    number = {"~": "mass", "+": "pair", "*": "many"}.get(text[-1], "count")
    korean, english = text.rstrip("~+*").split("=")
    return Noun(korean, english, kind, number, own_counter or counter)


NOUNS_OF: dict[str, tuple[Noun, ...]] = {}
for _header, _words in NOUN_TABLE.items():
    _kind, _counter = _header.rsplit(" ", 1)
    NOUNS_OF[_kind] = tuple(_noun(word, _kind, _counter) for word in _words.split(", "))
NOUN = {noun.korean: noun for nouns in NOUNS_OF.values() for noun in nouns}

# korean=english, pronoun where the Korean word tells it, ! where the verb takes -(으)시-.
PERSON_TABLE = {
    "speaker": "저=I I, 우리=we we",
    "pronoun": "그=he he, 그녀=she she",
    "name": "민수=Minsu he, 준호=Junho he, 철수=Cheolsu he, 민호=Minho he, 유나=Yuna she, "
    "수미=Sumi she, 영희=Yeonghui she, 지나=Jina she",
    "elder": "할머니=my grandmother she !, 할아버지=my grandfather he !, 어머니=my mother she !, "
    "아버지=my father he !, 이모=my aunt she !, 선생님=the teacher !, 교수님=the professor !, "
    "사장님=the boss !",
    "peer": "형=my older brother he, 누나=my older sister she, 남동생=my younger brother he, "
    "여동생=my younger sister she, 친구=my friend, 사촌=my cousin",
    "other": "학생=the student, 의사=the doctor, 경찰관=the police officer, 이웃=the neighbor, "
    "삼촌=my uncle he, 요리사=the chef, 간호사=the nurse, 룸메이트=my roommate",
}


def _person(text: str, kind: str) -> Person:
    korean, rest = text.split("=")
    honorific = rest.endswith(" !")
    rest = rest.removesuffix(" !")
    english, _, last = rest.rpartition(" ")
    if last in ("I", "we", "he", "she"):
        return Person(korean, english, last, honorific, kind)
    return Person(korean, rest, "", honorific, kind)


PERSONS_OF = {
    kind: tuple(_person(text, kind) for text in words.split(", "))
    for kind, words in PERSON_TABLE.items()
}
PERSONS = tuple(person for persons in PERSONS_OF.values() for person in persons)
PERSON = {person.korean: person for person in PERSONS}
YOUNG = tuple(
    person for person in PERSONS if person.kind not in ("elder", "other") or person.korean == "학생"
)

JOB_TABLE = (
    "학생=student, 의사=doctor, 간호사=nurse, 경찰관=police officer, 요리사=chef, 가수=singer, 배우=actor, "
    "화가=painter, 기자=reporter, 변호사=lawyer, 농부=farmer, 군인=soldier, 작가=writer, "
    "과학자=scientist, 회사원=office worker, 공무원=civil servant, 소방관=firefighter, "
    "대학생=university student, 통역사=interpreter, 운전기사=driver, 미용사=hairdresser, "
    "건축가=architect, 프로그래머=programmer, 음악가=musician, 축구 선수=soccer player, "
    "한국 사람=Korean~, 외국인=foreigner"
)
JOBS = tuple(_noun(text, "job", "명") for text in JOB_TABLE.split(", "))
PEOPLE = tuple(
    _noun(text, "people", "명")
    for text in "학생=student, 아이=child, 손님=guest, 친구=friend, 외국인=foreigner, "
    "선생님=teacher".split(", ")
)

# korean=english and the English preposition; "-" means without an article.
PLACE_TABLE = {
    "home": "집=- home",
    "room": "방=in room, 부엌=in kitchen, 거실=in living room, 화장실=in bathroom",
    "study": "도서관=at library, 학교=- at school, 교실=in classroom, 기숙사=in dormitory",
    "cafe": "카페=at cafe, 식당=at restaurant",
    "market": "시장=at market, 슈퍼마켓=at supermarket",
    "store": "백화점=at department store, 가게=at store",
    "bookstore": "서점=at bookstore",
    "bakery": "빵집=at bakery",
    "flower shop": "꽃집=at flower shop",
    "office": "회사=at office",
    "post": "우체국=at post office",
    "public": "병원=at hospital, 약국=at pharmacy, 경찰서=at police station, 대사관=at embassy, "
    "미용실=at hair salon",
    "culture": "박물관=at museum, 미술관=at art gallery, 극장=at theater",
    "zoo": "동물원=at zoo",
    "station": "역=at station, 공항=at airport, 정류장=at bus stop",
    "sport": "체육관=in gym, 운동장=on sports field",
    "pool": "수영장=in swimming pool, 호수=in lake",
    "park": "공원=in park, 바닷가=at beach, 놀이터=at playground",
    "garden": "정원=in garden, 마당=in yard",
    "farm": "농장=on farm, 시골=in countryside",
    "hotel": "호텔=at hotel",
    "city": "서울=- in Seoul, 부산=- in Busan, 제주도=- on Jeju Island, 경주=- in Gyeongju, "
    "파리=- in Paris, 런던=- in London, 뉴욕=- in New York",
    "country": "한국=- in Korea, 일본=- in Japan, 중국=- in China, 미국=- in America, "
    "프랑스=- in France, 독일=- in Germany, 영국=- in England, 캐나다=- in Canada, 호주=- in Australia",
}


def _place(text: str, kind: str) -> Place:
    korean, rest = text.split("=")
    if rest == "- home":
        return Place(korean, "home", "at home", "home", kind)
    if rest.startswith("- "):
        _, preposition, name = rest.split(" ", 2)
        return Place(korean, name, f"{preposition} {name}", f"to {name}", kind)
    preposition, name = rest.split(" ", 1)
    return Place(korean, name, f"{preposition} the {name}", f"to the {name}", kind)


PLACES_OF = {
    kind: tuple(_place(text, kind) for text in words.split(", "))
    for kind, words in PLACE_TABLE.items()
}
PLACES = tuple(place for places in PLACES_OF.values() for place in places)
PLACE = {place.korean: place for place in PLACES}
